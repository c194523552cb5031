// A room as a program without pages has it: opened over HTTP, held by a bearer token.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';

import type { Sample } from './samples';

/** A file as the room's snapshot shows it. */
export interface FileRow {
  id: string;
  name: string;
  media_type: string;
  /** Null as long as its sender has not told it. */
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

  /** A new room, whose owner is this program. */
  static async open(address: string): Promise<ApiRoom> {
    const answer = await fetch(`${address}/api/rooms`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
    if (answer.status !== 201) throw new Error(`no room: ${answer.status}`);
    const { pin, token } = (await answer.json()) as { pin: string; token: string };
    return new ApiRoom(address, pin, token);
  }

  /** What every request of the owner carries. */
  get headers(): Record<string, string> {
    return { Authorization: `Bearer ${this.token}` };
  }

  /** Where tus clients create uploads, when this is how they reach the server. */
  endpoint(address = this.address): string {
    return `${address}/api/rooms/${this.pin}/files`;
  }

  /** Where all files come in one. */
  archive(address = this.address): string {
    return `${address}/api/rooms/${this.pin}/archive.zip`;
  }

  /** The list of files. */
  async files(): Promise<FileRow[]> {
    return (await this.snapshot()).files;
  }

  /** Uploads that wait to be put together, and are no files yet. */
  async parts(): Promise<FileRow[]> {
    return (await this.snapshot()).parts ?? [];
  }

  /** How much of all files and parts is here. */
  async arrivedBytes(): Promise<number> {
    const { files, parts = [] } = await this.snapshot();
    return [...files, ...parts].reduce((sum, { offset_bytes }) => sum + offset_bytes, 0);
  }

  /** Brings a file into the room in two plain requests, and returns its address. */
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

  /** The same address for a client that reaches the server in another way. */
  reachedBy(address: string, url: string): string {
    return new URL(new URL(url, this.address).pathname, address).href;
  }

  /** The digest of what a download brings, past every cable. */
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
