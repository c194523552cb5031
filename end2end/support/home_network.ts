// Opens pages as in a home network: over plain HTTP and under a name other than localhost, which is no secure context.

import { type Browser, chromium } from '@playwright/test';

/** Any host name that browsers do not regard as this machine's. */
const HOST = 'lan.example';

/** Returns a new browser, which the caller has to close, and the address in that network of the server or of a proxy before it. */
export async function homeNetwork(server: { address: string }): Promise<{ browser: Browser; address: string }> {
  const args = ['--no-sandbox', `--host-resolver-rules=MAP ${HOST} 127.0.0.1`];
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args });
  return { browser, address: `http://${HOST}:${new URL(server.address).port}` };
}
