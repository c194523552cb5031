// A plain page in a home network: browsers trust it less than one that came over TLS, or from their own machine.

import { type Browser, chromium } from '@playwright/test';

import type { Server } from './server';

/** Any name but that of this machine. */
const HOST = 'lan.example';

/** A browser of its own, and the server's address in that network; the browser is the caller's to close. */
export async function homeNetwork(server: Server): Promise<{ browser: Browser; address: string }> {
  const args = ['--no-sandbox', `--host-resolver-rules=MAP ${HOST} 127.0.0.1`];
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args });
  return { browser, address: `http://${HOST}:${new URL(server.address).port}` };
}
