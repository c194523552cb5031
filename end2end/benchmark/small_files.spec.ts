// Measures how long the owner's page takes for many small files, beside a bare loop of requests in the same browser. It
// runs on demand only:
//   npx playwright test --project=benchmark small_files
// SNAPDROP_BENCH_FILES is the number of files, SNAPDROP_BENCH_ROUNDS the number of rounds, and SNAPDROP_BENCH_RESULTS the
// folder that small_files.md is written to. The test fails only if a file does not arrive, whatever the figures are.

import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Browser, BrowserContext, Page } from '@playwright/test';

import { drawPicture } from '../support/drawing';
import { host } from '../support/host';
import { addFiles, createRoom, joinRoom } from '../support/room';
import type { Server } from '../support/server';
import { expect, test } from '../support/test';
import { Seat } from './seat';

const FILES = Number(process.env.SNAPDROP_BENCH_FILES ?? 400);
const ROUNDS = Number(process.env.SNAPDROP_BENCH_ROUNDS ?? 3);
/** The sizes of the files in bytes; every tenth is a picture. */
const [SMALLEST, LARGEST] = [2000, 18_000];
/** How many requests the bare loop has on their way at once, as many as browsers make of one server over HTTP/1.1. */
const AT_ONCE = 6;
/** How many guests have the room on their screens, and how many times as long as the bare loop the page may take then. */
const CROWDS = [
  { guests: 0, wanted: 2 },
  { guests: 1, wanted: 3 },
  { guests: 4, wanted: 5 },
];

test('many small files', async ({ browser, server }, info) => {
  test.setTimeout(20 * 60_000);
  const paths = await corpus(browser, info.outputPath('corpus'));
  const loops: number[] = [];
  const pages = CROWDS.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    loops.push(await byLoop(browser, server, paths));
    for (const [index, { guests }] of CROWDS.entries()) pages[index].push(await byPage(browser, server, paths, guests));
  }
  const loop = median(loops);
  const lines = CROWDS.map(({ guests, wanted }, index) => {
    const seconds = median(pages[index]);
    return `| ${['the owner’s page', `${guests}`, seconds.toFixed(2), (seconds / loop).toFixed(2), `${wanted}`].join(' | ')} |`;
  });
  await report([`| a bare loop | | ${loop.toFixed(2)} | 1 | |`, ...lines]);
});

/** Uploads with a page of the server's origin that has six requests on their way and shows nothing; returns the seconds
 *  from the first request to the last answer. */
async function byLoop(browser: Browser, server: Server, paths: string[]): Promise<number> {
  const seat = await Seat.open(server.address);
  const context = await browser.newContext({ baseURL: server.address });
  const page = await context.newPage();
  await page.goto('/robots.txt');
  const field = await page.evaluateHandle(() => Object.assign(document.createElement('input'), { type: 'file', multiple: true }));
  await field.setInputFiles(paths);
  const seconds = await field.evaluate(
    async ({ files }, { endpoint, headers, atOnce }) => {
      const waiting = [...(files ?? [])];
      const begun = performance.now();
      const sendAll = async () => {
        for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
          const own = { 'Upload-Length': `${file.size}`, 'Upload-Metadata': `filename ${btoa(file.name)}`, 'Content-Type': 'application/offset+octet-stream' };
          const answer = await fetch(endpoint, { method: 'POST', headers: { ...headers, ...own }, body: file });
          if (answer.status !== 201 || answer.headers.get('Upload-Offset') !== `${file.size}`) throw new Error(`${file.name}: ${answer.status}`);
        }
      };
      await Promise.all(Array.from({ length: atOnce }, sendAll));
      return (performance.now() - begun) / 1000;
    },
    { endpoint: seat.endpoint, headers: { ...seat.headers, 'Tus-Resumable': '1.0.0' }, atOnce: AT_ONCE },
  );
  await context.close();
  return seconds;
}

/** Uploads with the owner's page while `guests` others show the room; returns the seconds from the choice of the files
 *  until the owner's page shows every file as complete. */
async function byPage(browser: Browser, server: Server, paths: string[], guests: number): Promise<number> {
  const contexts: BrowserContext[] = [];
  const newPage = async () => {
    const context = await browser.newContext({ baseURL: server.address });
    contexts.push(context);
    return context.newPage();
  };
  const owner = await newPage();
  const pin = await createRoom(owner);
  const others: Page[] = [];
  for (let guest = 0; guest < guests; guest += 1) {
    const page = await newPage();
    await joinRoom(page, pin);
    others.push(page);
  }
  const took = owner.evaluate(
    (count) =>
      new Promise<number>((resolve) => {
        let begun = 0;
        document.addEventListener('change', () => (begun ||= performance.now()), { capture: true, once: true });
        const rows = document.getElementsByClassName('file');
        const look = () => {
          if (rows.length < count || document.querySelectorAll('.file[data-state=complete]').length < count) return;
          observer.disconnect();
          resolve((performance.now() - begun) / 1000);
        };
        const observer = new MutationObserver(look);
        observer.observe(document.body, { subtree: true, childList: true, attributeFilter: ['data-state'] });
      }),
    paths.length,
  );
  await addFiles(owner, ...paths);
  const seconds = await took;
  for (const page of others) await expect(page.locator('.file[data-state=complete]')).toHaveCount(paths.length, { timeout: 60_000 });
  for (const context of contexts) await context.close();
  process.stdout.write(`${guests} guests: ${seconds.toFixed(2)} s\n`);
  return seconds;
}

/** Writes the files that are sent, and returns their paths. */
async function corpus(browser: Browser, folder: string): Promise<string[]> {
  const page = await browser.newPage();
  const picture = await drawPicture(page, 240, 160);
  await page.close();
  await mkdir(folder, { recursive: true });
  const paths = [];
  for (let number = 0; number < FILES; number += 1) {
    const isPicture = number % 10 === 0;
    const path = join(folder, isPicture ? `Photo ${number}.png` : `Note ${number}.txt`);
    await writeFile(path, isPicture ? picture : randomBytes(SMALLEST + Math.floor((number / FILES) * (LARGEST - SMALLEST))));
    paths.push(path);
  }
  return paths;
}

function median(values: number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function report(lines: string[]): Promise<void> {
  const text = `# ${FILES} small files

How long ${FILES} files of ${SMALLEST / 1000} to ${LARGEST / 1000} kB take (\`make bench\`), in the median of ${ROUNDS} rounds: by a
bare loop of requests in a page that shows nothing, one request a file and ${AT_ONCE} at a time, until the last answer; and
by the owner's page, until it shows every file as complete, with guests who have the room on their screens beside it.

| what | guests | seconds | × the bare loop | wanted at most |
| --- | --- | --- | --- | --- |
${lines.join('\n')}

${Object.entries(host()).map(([name, fact]) => `- ${name}: ${fact}`).join('\n')}
`;
  process.stdout.write(`\n${text}\n`);
  const folder = process.env.SNAPDROP_BENCH_RESULTS;
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'small_files.md'), text);
}
