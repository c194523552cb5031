// What the figures were measured on and with.

import { readFile } from 'node:fs/promises';

import type { Browser } from '@playwright/test';

import { host } from '../support/host';
import { run } from '../support/programs';

const PACKAGE = new URL('../node_modules/tus-js-client/package.json', import.meta.url);

/** A list of facts. */
export async function machine(browser: Browser, mebibytes: number, rounds: number): Promise<Record<string, string>> {
  const { version } = JSON.parse(await readFile(PACKAGE, 'utf8')) as { version: string };
  const { stdout: curl } = await run('curl', '--version');
  return {
    ...host(),
    Chromium: browser.version(),
    'tus-js-client': version,
    curl: curl.split(' ')[1],
    file: `${mebibytes} MiB`,
    rounds: `${rounds}`,
  };
}
