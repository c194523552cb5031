// tus-js-client as the tests use it: unchanged, in this process or in one that can be killed.

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

/** What the client meets when the network is bad: it tries again soon, and for long enough. */
export const PERSISTENT: number[] = [0, ...Array<number>(100).fill(50)];

/** An upload that is under way. */
export interface Running {
  upload: Upload;
  /** Holds when it is complete; fails as the client reports it. */
  done: Promise<void>;
}

/** Starts the upload of a file, without second tries unless the options ask for them. */
export function begin(room: ApiRoom, file: Sample, options: Options = {}, source: Source = createReadStream(file.path)): Running {
  let settle: Pick<Options, 'onSuccess' | 'onError'> = {};
  const done = new Promise<void>((resolve, reject) => {
    settle = { onSuccess: () => resolve(), onError: reject };
  });
  // Whoever waits for it hears of it; whoever aborts it does not have to.
  done.catch(() => {});
  const metadata = { filename: file.name, filetype: 'video/quicktime' };
  const upload = new Upload(source, { endpoint: room.endpoint(), headers: room.headers, metadata, retryDelays: null, ...options, ...settle });
  upload.start();
  return { upload, done };
}

/** Uploads a file and returns its address. */
export async function upload(room: ApiRoom, file: Sample, options: Options = {}, source?: Source): Promise<string> {
  const running = begin(room, file, options, source);
  await running.done;
  return running.upload.url ?? '';
}

/** The status with which the server ended an upload, or what else ended it. */
export async function failureOf({ done }: Running): Promise<number | string> {
  const error: unknown = await done.then(
    () => 'it did not fail',
    (error: DetailedError) => error.originalResponse?.getStatus() ?? error.message,
  );
  return error as number | string;
}

/** What a process of `tus_process.mjs` is to do. */
export interface Task {
  file: string;
  endpoint: string;
  headers: Record<string, string>;
  /** Where it remembers uploads. */
  storage?: string;
  parallelUploads?: number;
  /** What it is to go on with. */
  uploadUrl?: string;
}

/** A line that such a process prints. */
export interface Told {
  url?: string;
  method?: string;
  offset?: number;
  done?: string;
  failed?: string;
}

/** An upload in a process of its own. */
export class TusProcess {
  /** What it has printed so far. */
  readonly told: Told[] = [];
  /** Holds when it has ended and everything it printed was read. */
  private readonly closed: Promise<unknown>;

  private constructor(private readonly child: ChildProcess) {
    this.closed = once(child, 'close');
    createInterface({ input: child.stdout as Readable }).on('line', (line) => this.told.push(JSON.parse(line) as Told));
  }

  static start(task: Task): TusProcess {
    const program = fileURLToPath(new URL('./tus_process.mjs', import.meta.url));
    return new TusProcess(spawn(process.execPath, [program, JSON.stringify(task)], { stdio: ['ignore', 'pipe', 'inherit'] }));
  }

  /** Takes it away without a word. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.end();
  }

  /** Waits for its end and returns its exit code, null after a kill. */
  async end(): Promise<number | null> {
    await this.closed;
    return this.child.exitCode;
  }
}
