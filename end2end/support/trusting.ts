// Opens pages over TLS under a name of the network, in a browser that trusts the server's own authority or one that does not.

import { type Browser, type LaunchOptions, type Page, chromium, firefox } from '@playwright/test';
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

/** The flags of a server that is reached by that name. */
export const LAN_FLAGS = ['--tls-self-signed', '--allowed-host', `${LAN_NAME},127.0.0.1`];

/** How a browser is started for a home folder into which the authority is installed, as a person would do it, if it `trusts` the
 *  server. */
export async function lanOptions(server: Server, trusts: boolean): Promise<{ home: string; options: LaunchOptions }> {
  const home = await mkdtemp(join(tmpdir(), 'snapdrop-home-'));
  const database = join(home, '.pki', 'nssdb');
  await mkdir(database, { recursive: true });
  await run('certutil', ['-N', '-d', `sql:${database}`, '--empty-password']);
  if (trusts) await trust(database, server);
  const options = {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', `--host-resolver-rules=MAP ${LAN_NAME} 127.0.0.1`],
    env: { ...process.env, HOME: home },
  };
  return { home, options };
}

/** Starts such a browser. */
export async function lanBrowser(server: Server, trusts: boolean): Promise<TrustingBrowser> {
  const { home, options } = await lanOptions(server, trusts);
  const browser = await chromium.launch(options);
  return {
    browser,
    address: addressOf(server),
    async dispose() {
      await browser.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

export interface TrustingPage {
  page: Page;
  dispose(): Promise<void>;
}

/** Opens a blank page in a browser of its own, Chromium or Firefox, which trusts the server. Its relative URLs lead to the server. */
export async function trustingPage(server: Server, browserName: string): Promise<TrustingPage> {
  if (browserName !== 'firefox') {
    const { browser, address, dispose } = await lanBrowser(server, true);
    return { page: await browser.newPage({ baseURL: address }), dispose };
  }
  // Firefox keeps whom it trusts in the profile.
  const profile = await mkdtemp(join(tmpdir(), 'snapdrop-profile-'));
  await run('certutil', ['-N', '-d', `sql:${profile}`, '--empty-password']);
  await trust(profile, server);
  const context = await firefox.launchPersistentContext(profile, {
    channel: 'moz-firefox',
    executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
    firefoxUserPrefs: { 'network.dns.localDomains': LAN_NAME },
    baseURL: addressOf(server),
  });
  return {
    page: await context.newPage(),
    async dispose() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/** Installs the server's authority into the database of certificates in this folder. */
async function trust(database: string, server: Server): Promise<void> {
  await run('certutil', ['-A', '-d', `sql:${database}`, '-n', 'SnapDrop', '-t', 'C,,', '-i', server.authority]);
}

function addressOf(server: Server): string {
  return `https://${LAN_NAME}:${new URL(server.address).port}`;
}
