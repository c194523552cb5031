// The owner's side of a room as the benchmark needs it: where files go, and what became of one.

import type { BrowserContext } from '@playwright/test';

import { ApiRoom } from '../support/api_room';

const TUS = { 'Tus-Resumable': '1.0.0' };

/** A file that a room has. */
export interface Stored {
  /** Its digest in base64, as the server computed it from what is on its disk. */
  sha256(): Promise<string>;
  remove(): Promise<void>;
}

export class Seat {
  private constructor(
    private readonly address: string,
    /** Where uploads are created. */
    readonly endpoint: string,
    private readonly token: string,
  ) {}

  /** Of a new room that no page shows. */
  static async open(address: string): Promise<Seat> {
    const room = await ApiRoom.open(address);
    return new Seat(address, room.endpoint(), room.token);
  }

  /** Of the room that a page has opened. */
  static async ofPage(context: BrowserContext, address: string, pin: string): Promise<Seat> {
    const cookie = (await context.cookies()).find(({ name }) => name === `snapdrop-${pin}`);
    if (cookie === undefined) throw new Error(`no seat in room ${pin}`);
    return new Seat(address, `${address}/api/rooms/${pin}/files`, cookie.value);
  }

  /** What every request carries. */
  get headers(): Record<string, string> {
    return { Authorization: `Bearer ${this.token}` };
  }

  /** A file by its address, absolute or not. */
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
