// Opens pages over TLS under a name of the network, in a browser that trusts the server's own authority or one that does not.

import { type Browser, chromium } from '@playwright/test';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { Server } from './server';

/** A host name as routers give them. The server has to be started with it as an allowed host, so that it is in the certificate. */
export const LAN_NAME = 'drop.lan';

const run = promisify(execFile);

export interface TrustingBrowser {
  browser: Browser;
  /** The server's address over TLS in that network. */
  address: string;
  dispose(): Promise<void>;
}

/** Starts a browser, into which the authority is installed as a person would do it if it `trusts` the server. */
export async function lanBrowser(server: Server, trusts: boolean): Promise<TrustingBrowser> {
  const home = await mkdtemp(join(tmpdir(), 'snapdrop-home-'));
  const database = join(home, '.pki', 'nssdb');
  await mkdir(database, { recursive: true });
  await run('certutil', ['-N', '-d', `sql:${database}`, '--empty-password']);
  if (trusts) await run('certutil', ['-A', '-d', `sql:${database}`, '-n', 'SnapDrop', '-t', 'C,,', '-i', server.authority]);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', `--host-resolver-rules=MAP ${LAN_NAME} 127.0.0.1`],
    env: { ...process.env, HOME: home },
  });
  return {
    browser,
    address: `https://${LAN_NAME}:${new URL(server.address).port}`,
    async dispose() {
      await browser.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}
