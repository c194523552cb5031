// Runs the unmodified tus-js-client, in this process or in one that can be killed.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import { type DetailedError, Upload } from 'tus-js-client';

import type { ApiRoom } from './api_room';
import type { Sample } from './samples';

export type Source = ConstructorParameters<typeof Upload>[0];
export type Options = ConstructorParameters<typeof Upload>[1];

/** `retryDelays` for a bad network, in milliseconds: the client tries again soon and often. */
export const PERSISTENT: number[] = [0, ...Array<number>(100).fill(50)];

/** A running upload. */
export interface Running {
  upload: Upload;
  /** Resolves when the upload is complete; rejects with the client's error. */
  done: Promise<void>;
}

/** Starts the upload of a file, without retries unless the options ask for them. */
export function begin(room: ApiRoom, file: Sample, options: Options = {}, source: Source = createReadStream(file.path)): Running {
  let callbacks: Pick<Options, 'onSuccess' | 'onError'> = {};
  const done = new Promise<void>((resolve, reject) => {
    callbacks = { onSuccess: () => resolve(), onError: reject };
  });
  // A test that aborts the upload does not await this promise, so a rejection must not count as unhandled.
  done.catch(() => {});
  const metadata = { filename: file.name, filetype: 'video/quicktime' };
  const upload = new Upload(source, { endpoint: room.endpoint(), headers: room.headers, metadata, retryDelays: null, ...options, ...callbacks });
  upload.start();
  return { upload, done };
}

/** Uploads a file and returns its URL. */
export async function upload(room: ApiRoom, file: Sample, options: Options = {}, source?: Source): Promise<string> {
  const running = begin(room, file, options, source);
  await running.done;
  return running.upload.url ?? '';
}

/** The status that the server refused an upload with, or the message of another error. */
export async function failureOf({ done }: Running): Promise<number | string> {
  const error: unknown = await done.then(
    () => 'it did not fail',
    (error: DetailedError) => error.originalResponse?.getStatus() ?? error.message,
  );
  return error as number | string;
}

/** What a process of `tus_process.mjs` has to do. */
export interface Task {
  file: string;
  endpoint: string;
  headers: Record<string, string>;
  /** The file in which the client remembers its uploads. */
  storage?: string;
  parallelUploads?: number;
  /** The URL of an upload that is to be resumed. */
  uploadUrl?: string;
}

/** What such a process reports of its upload, in one line of JSON. */
export interface UploadEvent {
  url?: string;
  method?: string;
  offset?: number;
  done?: string;
  failed?: string;
}

/** An upload in its own process. */
export class TusProcess {
  /** What the process has reported so far. */
  readonly events: UploadEvent[] = [];
  /** Resolves when the process has ended and its whole output has been read. */
  private readonly closed: Promise<unknown>;

  private constructor(private readonly child: ChildProcess) {
    this.closed = once(child, 'close');
    createInterface({ input: child.stdout as Readable }).on('line', (line) => this.events.push(JSON.parse(line) as UploadEvent));
  }

  static start(task: Task): TusProcess {
    const program = fileURLToPath(new URL('./tus_process.mjs', import.meta.url));
    return new TusProcess(spawn(process.execPath, [program, JSON.stringify(task)], { stdio: ['ignore', 'pipe', 'inherit'] }));
  }

  /** Kills the process and waits for its end. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.end();
  }

  /** Waits for the end of the process and returns its exit code, or null if it was killed. */
  async end(): Promise<number | null> {
    await this.closed;
    return this.child.exitCode;
  }
}
