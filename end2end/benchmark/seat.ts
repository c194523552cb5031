// Defines the owner's seat in a room as the benchmark needs it: where to upload files, and how to check and remove them.

import type { BrowserContext } from '@playwright/test';

import { ApiRoom } from '../support/api_room';

const TUS = { 'Tus-Resumable': '1.0.0' };

/** A file in a room. */
export interface Stored {
  /** The file's digest in base64, which the server computes from the file on its disk. */
  sha256(): Promise<string>;
  remove(): Promise<void>;
}

export class Seat {
  private constructor(
    private readonly address: string,
    /** The URL that uploads are created at. */
    readonly endpoint: string,
    private readonly token: string,
  ) {}

  /** Opens a new room that no page shows, and returns its owner's seat. */
  static async open(address: string): Promise<Seat> {
    const room = await ApiRoom.open(address);
    return new Seat(address, room.endpoint(), room.token);
  }

  /** Returns the owner's seat of a room that a page has opened. */
  static async ofPage(context: BrowserContext, address: string, pin: string): Promise<Seat> {
    const cookie = (await context.cookies()).find(({ name }) => name === `snapdrop-${pin}`);
    if (cookie === undefined) throw new Error(`no seat in room ${pin}`);
    return new Seat(address, `${address}/api/rooms/${pin}/files`, cookie.value);
  }

  /** The headers that every request carries. */
  get headers(): Record<string, string> {
    return { Authorization: `Bearer ${this.token}` };
  }

  /** The file at an absolute or relative URL. */
  stored(address: string): Stored {
    const url = new URL(address, this.address);
    return {
      sha256: async () => {
        const answer = await fetch(url, { method: 'HEAD', headers: { ...this.headers, 'Want-Repr-Digest': 'sha-256=1' } });
        return /sha-256=:(.+?):/.exec(answer.headers.get('repr-digest') ?? '')?.[1] ?? `no digest: ${answer.status}`;
      },
      remove: async () => {
        const answer = await fetch(url, { method: 'DELETE', headers: { ...this.headers, ...TUS } });
        if (answer.status !== 204) throw new Error(`${url} was not removed: ${answer.status}`);
      },
    };
  }
}
