// What a page sends of its files, chunk by chunk, seen from outside the page.

import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

import type { Page, Request } from '@playwright/test';

import type { Sample } from './samples';

/** A chunk as its request announced it. */
export interface Chunk {
  /** The address of its file. */
  file: string;
  offset: number;
  length: number;
  /** `Upload-Checksum`, undefined where there was none. */
  checksum: string | undefined;
}

/** All chunks that a page sends from now on, in the order of their beginning. */
export class Chunks {
  private readonly requests: Request[] = [];
  private acknowledged = 0;

  private constructor() {}

  static of(page: Page): Chunks {
    const chunks = new Chunks();
    page.on('request', (request) => {
      if (request.method() === 'PATCH') chunks.requests.push(request);
    });
    page.on('response', (response) => {
      if (response.request().method() === 'PATCH' && response.status() === 204) chunks.acknowledged = Number(response.headers()['upload-offset']);
    });
    return chunks;
  }

  /** How many have begun. */
  get count(): number {
    return this.requests.length;
  }

  /** Where they begin. */
  get offsets(): number[] {
    return this.requests.map((request) => Number(request.headers()['upload-offset']));
  }

  /** The offset that the server told last. */
  get acknowledgedBytes(): number {
    return this.acknowledged;
  }

  /** Each with its length, once the browser has told it. */
  async all(): Promise<Chunk[]> {
    return Promise.all(
      this.requests.map(async (request) => {
        const headers = await request.allHeaders();
        return { file: request.url(), offset: Number(headers['upload-offset']), length: Number(headers['content-length']), checksum: headers['upload-checksum'] };
      }),
    );
  }
}

/** What `Upload-Checksum` has to say about this part of a file. */
export async function checksumOf({ path }: Sample, offset: number, length: number): Promise<string> {
  const file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(length), 0, length, offset);
  await file.close();
  return `sha256 ${createHash('sha256').update(buffer).digest('base64')}`;
}
