// Describes the machine and the programs with which the figures were measured.

import { readFile } from 'node:fs/promises';

import type { Browser } from '@playwright/test';

import { host } from '../support/host';
import { run } from '../support/programs';

const PACKAGE = new URL('../node_modules/tus-js-client/package.json', import.meta.url);

/** Facts about the machine, the programs and the run, by name. */
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
