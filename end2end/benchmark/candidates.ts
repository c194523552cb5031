// Defines the clients that upload the file: SnapDrop's page, tus-js-client in a page of the same origin, and curl.

import { fileURLToPath } from 'node:url';

import type { Browser, Page } from '@playwright/test';
import type * as Tus from 'tus-js-client';

import { run } from '../support/programs';
import { addFiles, createRoom } from '../support/room';
import { MIB } from '../support/samples';
import type { Server } from '../support/server';
import type { Corpus } from './corpus';
import { type Growth, MemoryWatch } from './memory';
import { Seat, type Stored } from './seat';

const TUS_JS_CLIENT = fileURLToPath(new URL('../node_modules/tus-js-client/dist/tus.min.js', import.meta.url));
/** The size that the chunks of SnapDrop's page grow to. */
const CHUNK_BYTES = 64 * MIB;

/** The measurement of one upload. */
export interface Sample {
  seconds: number;
  /** Missing for curl, whose memory is not measured. */
  growth?: Growth;
}

export interface Candidate {
  name: string;
  upload(): Promise<{ sample: Sample; stored: Stored }>;
}

/** All clients, in the order of the table. */
export function candidates(browser: Browser, server: Server, corpus: Corpus): Candidate[] {
  return [
    { name: 'SnapDrop', upload: () => byPage(browser, server, corpus) },
    { name: 'tus-js-client, one request', upload: () => byTusJsClient(browser, server, corpus) },
    { name: 'tus-js-client, chunks of 64 MiB', upload: () => byTusJsClient(browser, server, corpus, CHUNK_BYTES) },
    { name: 'curl', upload: () => byCurl(server, corpus) },
  ];
}

/** Uploads with SnapDrop's page; timed from the first request until the file's row is that of a complete file. */
async function byPage(browser: Browser, server: Server, corpus: Corpus): Promise<{ sample: Sample; stored: Stored }> {
  const context = await browser.newContext({ baseURL: server.address });
  const page = await context.newPage();
  const seat = await Seat.ofPage(context, server.address, await createRoom(page));
  const here = page.evaluate(
    (name) =>
      new Promise<number>((resolve) => {
        const look = () => {
          const rows = [...document.querySelectorAll<HTMLElement>('li[data-state=complete]')].map(({ innerText }) => innerText);
          if (!rows.some((text) => text.includes(name))) return;
          observer.disconnect();
          resolve(performance.now());
        };
        const observer = new MutationObserver(look);
        observer.observe(document.body, { subtree: true, childList: true, characterData: true });
      }),
    corpus.name,
  );
  const created = page.waitForResponse((answer) => answer.url() === seat.endpoint);
  const watch = await MemoryWatch.start(browser);
  await addFiles(page, corpus.path);
  const ended = await here;
  const growth = watch.stop();
  const seconds = (ended - (await firstRequest(page, seat.endpoint))) / 1000;
  const stored = seat.stored((await (await created).allHeaders()).location);
  await context.close();
  return { sample: { seconds, growth }, stored };
}

/** Uploads with tus-js-client; timed from the first request to `onSuccess`. Its page is of the server's origin, so that no
 *  request needs a preflight. */
async function byTusJsClient(browser: Browser, server: Server, corpus: Corpus, chunkSize = Number.POSITIVE_INFINITY): Promise<{ sample: Sample; stored: Stored }> {
  const seat = await Seat.open(server.address);
  const context = await browser.newContext({ baseURL: server.address });
  const page = await context.newPage();
  await page.addInitScript({ path: TUS_JS_CLIENT });
  await page.goto('/robots.txt');
  const field = await page.evaluateHandle(() => Object.assign(document.createElement('input'), { type: 'file' }));
  await field.setInputFiles(corpus.path);
  const watch = await MemoryWatch.start(browser);
  const { ended, url } = await field.evaluate(
    ({ files }, options) =>
      new Promise<{ ended: number; url: string }>((resolve, reject) => {
        const { tus } = globalThis as unknown as { tus: typeof Tus };
        const [file] = files ?? [];
        const upload = new tus.Upload(file, {
          ...options,
          metadata: { filename: file.name },
          onSuccess: () => resolve({ ended: performance.now(), url: upload.url ?? '' }),
          onError: reject,
        });
        upload.start();
      }),
    { endpoint: seat.endpoint, headers: seat.headers, chunkSize, parallelUploads: 1, retryDelays: null },
  );
  const growth = watch.stop();
  const seconds = (ended - (await firstRequest(page, seat.endpoint))) / 1000;
  await context.close();
  return { sample: { seconds, growth }, stored: seat.stored(url) };
}

/** Uploads with curl in two requests; their times are those that curl reports, which leave out the start of the program. */
async function byCurl(server: Server, corpus: Corpus): Promise<{ sample: Sample; stored: Stored }> {
  const seat = await Seat.open(server.address);
  const metadata = `filename ${Buffer.from(corpus.name).toString('base64')}`;
  const created = await curl(seat, ['--include', '--request', 'POST', '--header', `Upload-Length: ${corpus.bytes}`, '--header', `Upload-Metadata: ${metadata}`, seat.endpoint]);
  const stored = /^location: (\S+)/im.exec(created.stdout)?.[1] ?? '';
  const type = 'Content-Type: application/offset+octet-stream';
  const sent = await curl(seat, ['--request', 'PATCH', '--header', type, '--header', 'Upload-Offset: 0', '--upload-file', corpus.path, new URL(stored, server.address).href]);
  return { sample: { seconds: created.seconds + sent.seconds }, stored: seat.stored(stored) };
}

async function curl(seat: Seat, options: string[]): Promise<{ stdout: string; seconds: number }> {
  const headers = Object.entries({ ...seat.headers, 'Tus-Resumable': '1.0.0' }).flatMap(([name, value]) => ['--header', `${name}: ${value}`]);
  const { code, stdout, stderr } = await run('curl', '--silent', '--show-error', '--fail', ...headers, '--write-out', '\n%{time_total}', ...options);
  if (code !== 0) throw new Error(`curl ended with ${code}: ${stderr}`);
  return { stdout, seconds: Number(stdout.split('\n').at(-1)) };
}

/** The time at which a page sent the request that creates the upload, in milliseconds since the page's navigation. */
async function firstRequest(page: Page, endpoint: string): Promise<number> {
  return page.evaluate((endpoint) => performance.getEntriesByName(endpoint, 'resource')[0].startTime, endpoint);
}
