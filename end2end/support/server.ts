// Runs the real server as a child process, with its own data folder.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROGRAM = process.env.SNAPDROP_BIN ?? fileURLToPath(new URL('../../target/release/snapdrop', import.meta.url));
// A test may open more rooms, take more seats and try more PINs than people behind one address do.
const LIMITS = ['--max-joins-per-address', '0', '--max-rooms-per-address', '0', '--max-guesses-per-address', '300'];
const ANNOUNCEMENT = /^SnapDrop listens on (https?:\/\/.+)$/;

export class Server {
  /** The address of the server: scheme, host and port. */
  address = '';
  private process: ChildProcess | undefined;
  private log = '';

  private constructor(
    private readonly dataDir: string,
    private readonly flags: string[],
  ) {}

  /** Starts a server with an empty data folder, on a free port if none is given. The flags are used for every later start, too. */
  static async start(flags: string[] = [], listen = '127.0.0.1:0'): Promise<Server> {
    const server = new Server(await mkdtemp(join(tmpdir(), 'snapdrop-e2e-')), flags);
    await server.run(listen);
    return server;
  }

  /** The host and port that the server listens on. */
  get host(): string {
    return new URL(this.address).host;
  }

  /** Starts the program again, on the same data folder and the same port. */
  async startAgain(): Promise<void> {
    await this.run(this.host);
  }

  /** Asks the program to stop, and returns its exit code. */
  async stop(): Promise<number | null> {
    return this.end('SIGTERM');
  }

  /** Kills the program, so that it cannot finish anything. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** The certificate of the authority that a server with TLS made for itself. */
  get authority(): string {
    return join(this.dataDir, 'snapdrop-ca.pem');
  }

  /** The names of all files in the server's folder of uploaded files. */
  async storedFiles(): Promise<string[]> {
    return readdir(join(this.dataDir, 'files'));
  }

  /** The lines in the server's log about panics and errors. */
  complaints(): string[] {
    return this.log.split('\n').filter((line) => /panicked|\bERROR\b/.test(line));
  }

  /** Stops the server if it is running, removes its data folder, and returns the exit code. */
  async dispose(): Promise<number | null> {
    const code = this.process === undefined ? 0 : await this.stop();
    await rm(this.dataDir, { recursive: true, force: true });
    return code;
  }

  private async run(listen: string): Promise<void> {
    const child = spawn(PROGRAM, ['--listen', listen, '--data-dir', this.dataDir, ...LIMITS, ...this.flags], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.process = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.log += text;
    });
    const failed = once(child, 'exit').then(([code]) => {
      throw new Error(`${PROGRAM} ended with code ${code} before it listened:\n${this.log}`);
    });
    // Once the server listens, nobody waits for this promise any more, so its rejection has to be ignored.
    failed.catch(() => {});
    const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), once(child, 'error').then(([error]) => Promise.reject(error)), failed])) as [string];
    const announced = ANNOUNCEMENT.exec(line);
    if (announced === null) throw new Error(`not an announcement: ${line}`);
    this.address = announced[1];
  }

  private async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.process;
    if (child === undefined) throw new Error('the server does not run');
    this.process = undefined;
    const exited = once(child, 'exit');
    child.kill(signal);
    const [code] = (await exited) as [number | null];
    return code;
  }
}
