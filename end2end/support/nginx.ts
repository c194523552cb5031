// Runs nginx in front of the server, with what a test puts into its configuration.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

// Where `.ci/toolchain proxies` unpacks it.
const PROGRAMS = process.env.SNAPDROP_PROXIES ?? join(homedir(), '.cache/snapdrop/proxies');

/** What stands in a configuration beside `proxy_pass`. */
export interface Lines {
  /** Inside of the server. */
  server?: string;
  /** Beside the server. */
  http?: string;
  /** The path of which it passes requests on; all of them if it is left out. */
  location?: string;
}

export class Nginx {
  private process: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly target: string,
  ) {}

  /** Starts it on a free port, in front of the server at this address. */
  static async to(target: string, lines: Lines = {}): Promise<Nginx> {
    const listener = createServer();
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    await new Promise((resolve) => listener.close(resolve));
    const nginx = new Nginx(await mkdtemp(join(tmpdir(), 'snapdrop-nginx-')), port, target);
    await nginx.startWith(lines);
    return nginx;
  }

  /** The address that browsers open. */
  get address(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts it again with these lines. */
  async startWith({ server = '', http = '', location = '/' }: Lines): Promise<void> {
    await this.stop();
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${this.folder}/${name};`);
    const site = `server {\nlisten 127.0.0.1:${this.port};\n${server}\nlocation ${location} { proxy_pass ${this.target}; }\n}`;
    // Its workers run as the same user, because nobody else may write into the folder.
    const configuration = join(this.folder, 'conf');
    await writeFile(configuration, `user ${userInfo().username}; daemon off; pid ${this.folder}/pid; error_log stderr; events {} http { access_log off; ${temporary.join(' ')}\n${http}\n${site}\n}`);
    this.process = spawn(join(PROGRAMS, 'usr/sbin/nginx'), ['-p', this.folder, '-e', join(this.folder, 'log'), '-c', configuration], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, LD_LIBRARY_PATH: join(PROGRAMS, 'usr/lib/x86_64-linux-gnu') },
    });
    let log = '';
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
    let hasEnded = false;
    const ended = once(this.process, 'exit').then(async () => {
      hasEnded = true;
      throw new Error(`nginx has ended: ${log}${await readFile(join(this.folder, 'log'), 'utf8')}`);
    });
    // Whoever stops it later does not wait for this any more.
    ended.catch(() => {});
    await Promise.race([this.listens(() => hasEnded), ended]);
    if (hasEnded) await ended;
  }

  async dispose(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async stop(): Promise<void> {
    const child = this.process;
    this.process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  }

  /** Resolves when it takes connections, or has ended. */
  private async listens(hasEnded: () => boolean): Promise<void> {
    while (!hasEnded()) {
      const socket = connect(this.port, '127.0.0.1');
      const taken = await Promise.race([once(socket, 'connect').then(() => true), once(socket, 'error').then(() => false)]).catch(() => false);
      socket.destroy();
      if (taken) return;
    }
  }
}
