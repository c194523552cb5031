// Records the chunks that a page sends, from its requests.

import { open } from 'node:fs/promises';

import type { Page, Request } from '@playwright/test';

import type { Sample } from './samples';

/** A chunk, as described by the headers of its request. */
export interface Chunk {
  /** The URL of its file. */
  file: string;
  offset: number;
  length: number;
  /** The value of `Upload-Checksum`, or undefined if there was none. */
  checksum: string | undefined;
}

/** All chunks that a page sends after the call of `of`, in the order in which their requests began. */
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

  /** The number of chunks whose requests have begun. */
  get count(): number {
    return this.requests.length;
  }

  /** The offsets of all chunks. */
  get offsets(): number[] {
    return this.requests.map((request) => Number(request.headers()['upload-offset']));
  }

  /** The offset that the server has acknowledged last. */
  get acknowledgedBytes(): number {
    return this.acknowledged;
  }

  /** All chunks with their lengths; waits until the browser reports the headers that it has sent. */
  async all(): Promise<Chunk[]> {
    return Promise.all(
      this.requests.map(async (request) => {
        const headers = await request.allHeaders();
        return { file: request.url(), offset: Number(headers['upload-offset']), length: Number(headers['content-length']), checksum: headers['upload-checksum'] };
      }),
    );
  }
}

/** The right value of `Upload-Checksum` for a part of a file. */
export async function checksumOf({ path }: Sample, offset: number, length: number): Promise<string> {
  const file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(length), 0, length, offset);
  await file.close();
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32c(buffer));
  return `crc32c ${sum.toString('base64')}`;
}

/** The table of CRC-32C: for each byte its remainder by the reflected polynomial. */
const REMAINDERS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit += 1) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0x82f63b78 : 0);
  return remainder;
});

function crc32c(bytes: Buffer): number {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = (sum >>> 8) ^ REMAINDERS[(sum ^ byte) & 0xff];
  return ~sum >>> 0;
}
