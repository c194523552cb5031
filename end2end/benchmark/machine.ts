// What the figures were measured on and with.

import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';

import type { Browser } from '@playwright/test';

import { run } from '../support/programs';
import { MIB } from '../support/samples';

const PACKAGE = new URL('../node_modules/tus-js-client/package.json', import.meta.url);

/** A list of facts. */
export async function machine(browser: Browser, mebibytes: number, rounds: number): Promise<Record<string, string>> {
  const { version } = JSON.parse(await readFile(PACKAGE, 'utf8')) as { version: string };
  const { stdout: curl } = await run('curl', '--version');
  return {
    date: `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    CPU: cpus()[0].model,
    cores: `${availableParallelism()}`,
    memory: `${(totalmem() / MIB / 1024).toFixed(1)} GiB`,
    kernel: `${type()} ${release()}`,
    'load before the run': loadavg()[0].toFixed(2),
    Chromium: browser.version(),
    'tus-js-client': version,
    curl: curl.split(' ')[1],
    file: `${mebibytes} MiB`,
    rounds: `${rounds}`,
  };
}
