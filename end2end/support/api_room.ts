// Defines a room that a test opens and uses over HTTP alone, with a bearer token and without a page.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';

import type { Sample } from './samples';

/** A file in the room's snapshot. */
export interface FileRow {
  id: string;
  name: string;
  media_type: string;
  /** Null until the sender has declared it. */
  size_bytes: number | null;
  offset_bytes: number;
  state: 'arriving' | 'stopped' | 'complete';
}

export class ApiRoom {
  private constructor(
    private readonly address: string,
    readonly pin: string,
    readonly token: string,
  ) {}

  /** Opens a new room, whose owner is the test. */
  static async open(address: string): Promise<ApiRoom> {
    const answer = await fetch(`${address}/api/rooms`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
    if (answer.status !== 201) throw new Error(`no room: ${answer.status}`);
    const { pin, token } = (await answer.json()) as { pin: string; token: string };
    return new ApiRoom(address, pin, token);
  }

  /** The headers that every request of the owner carries. */
  get headers(): Record<string, string> {
    return { Authorization: `Bearer ${this.token}` };
  }

  /** The URL at which tus clients create uploads; `address` is where they reach the server, such as a cable. */
  endpoint(address = this.address): string {
    return `${address}/api/rooms/${this.pin}/files`;
  }

  /** The URL of the archive of all files. */
  archive(address = this.address): string {
    return `${address}/api/rooms/${this.pin}/archive.zip`;
  }

  /** The room's files, from its snapshot. */
  async files(): Promise<FileRow[]> {
    return (await this.snapshot()).files;
  }

  /** The parts: uploads that are to be concatenated and are not yet files. */
  async parts(): Promise<FileRow[]> {
    return (await this.snapshot()).parts ?? [];
  }

  /** The number of bytes of all files and parts that have arrived. */
  async arrivedBytes(): Promise<number> {
    const { files, parts = [] } = await this.snapshot();
    return [...files, ...parts].reduce((sum, { offset_bytes }) => sum + offset_bytes, 0);
  }

  /** Uploads a file with one POST and one PATCH, and returns its URL. */
  async add({ path, name }: Pick<Sample, 'path' | 'name'>, mediaType = 'application/octet-stream'): Promise<string> {
    const bytes = await readFile(path);
    const tus = { ...this.headers, 'Tus-Resumable': '1.0.0' };
    const metadata = `filename ${Buffer.from(name).toString('base64')},filetype ${Buffer.from(mediaType).toString('base64')}`;
    const created = await fetch(this.endpoint(), { method: 'POST', headers: { ...tus, 'Upload-Length': `${bytes.length}`, 'Upload-Metadata': metadata } });
    if (created.status !== 201) throw new Error(`${name} was not created: ${created.status}`);
    const url = new URL(created.headers.get('location') ?? '', this.address).href;
    const chunk = { ...tus, 'Upload-Offset': '0', 'Content-Type': 'application/offset+octet-stream' };
    const sent = await fetch(url, { method: 'PATCH', headers: chunk, body: bytes });
    if (sent.status !== 204) throw new Error(`${name} was not taken: ${sent.status}`);
    return url;
  }

  /** The same URL for a client that reaches the server at another address. */
  reachedBy(address: string, url: string): string {
    return new URL(new URL(url, this.address).pathname, address).href;
  }

  /** Downloads a file directly from the server, without any cable, and returns its digest as hex. */
  async sha256Of(url: string): Promise<string> {
    const answer = await fetch(this.reachedBy(this.address, url), { headers: this.headers });
    if (answer.status !== 200 || answer.body === null) throw new Error(`no download of ${url}: ${answer.status}`);
    const hash = createHash('sha256');
    await pipeline(Readable.fromWeb(answer.body as ReadableStream), hash);
    return hash.digest('hex');
  }

  private async snapshot(): Promise<{ files: FileRow[]; parts?: FileRow[] }> {
    const answer = await fetch(`${this.address}/api/rooms/${this.pin}`, { headers: this.headers });
    if (answer.status !== 200) throw new Error(`no snapshot: ${answer.status}`);
    return ((await answer.json()) as { room: { files: FileRow[]; parts?: FileRow[] } }).room;
  }
}
