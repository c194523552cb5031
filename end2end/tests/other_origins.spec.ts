// Tests that pages of other sites can use the server with tus-js-client, if and only if their origin is configured.

import type { Page } from '@playwright/test';
import type * as Tus from 'tus-js-client';

import { ApiRoom } from '../support/api_room';
import { OtherSite } from '../support/other_site';
import { MIB, sample } from '../support/samples';
import { test as base, expect } from '../support/test';
import type { Options } from '../support/tus_client';

const test = base.extend<{ site: OtherSite }>({
  site: async ({}, use) => {
    const site = await OtherSite.open();
    await use(site);
    await site.close();
  },
  flags: async ({ site }, use) => use(['--cors-origin', site.origin]),
});

/** The ways in which a page can send a file; each needs other headers, which the server has to allow. */
const WAYS: Record<string, Options> = {
  'as one request': {},
  'in chunks': { chunkSize: 2 * MIB, addRequestId: true },
  'with its creation': { uploadDataDuringCreation: true },
  'by POST where PATCH does not pass': { overridePatchMethod: true, chunkSize: 2 * MIB },
  'in three parts at once': { parallelUploads: 3 },
};

for (const [way, options] of Object.entries(WAYS)) {
  test(`a page of a configured origin uploads ${way}`, async ({ server, site, page }, info) => {
    const room = await ApiRoom.open(server.address);
    const file = await sample(info, 'from elsewhere.bin', 7 * MIB + 3);
    site.file = file.path;
    await page.goto(site.origin);
    const { url, failed } = await uploadFrom(page, room, options);

    expect(failed).toBeNull();
    expect(await room.files()).toEqual([expect.objectContaining({ name: 'from elsewhere.bin', state: 'complete', size_bytes: 7 * MIB + 3 })]);
    expect(await room.parts()).toEqual([]);
    expect(await room.sha256Of(url)).toBe(file.sha256);
  });
}

// With the second size the stream ends where a chunk ends, so that a last, empty chunk has to declare the length.
for (const size of [5 * MIB + 3, 4 * MIB]) {
  test(`a page of a configured origin uploads a stream of unknown length (${size} bytes)`, async ({ server, site, page }, info) => {
    const room = await ApiRoom.open(server.address);
    const file = await sample(info, 'from elsewhere.bin', size);
    site.file = file.path;
    await page.goto(site.origin);
    const { url, failed } = await uploadFrom(page, room, { uploadLengthDeferred: true, chunkSize: 2 * MIB }, 'stream');
    expect(failed).toBeNull();
    expect(await room.files()).toEqual([expect.objectContaining({ state: 'complete', size_bytes: size })]);
    expect(await room.sha256Of(url)).toBe(file.sha256);
  });
}

test('a page of a configured origin goes on after a reload, and takes its upload back', async ({ server, site, cable, page }, info) => {
  const room = await ApiRoom.open(server.address);
  const file = await sample(info, 'from elsewhere.bin', 20 * MIB);
  site.file = file.path;
  await page.goto(site.origin);
  const endpoint = room.endpoint(cable.address);
  cable.allowBurst(8 * MIB);
  const broken = uploadFrom(page, room, { endpoint }).catch(() => 'the page is gone');
  await expect.poll(() => room.arrivedBytes()).toBeGreaterThan(7 * MIB);
  await page.reload();
  await broken;
  cable.allowEverything();

  // The client finds the upload's URL in the page's storage.
  const patches: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'PATCH') patches.push(request.headers()['upload-offset'] ?? '');
  });
  const { url, failed } = await uploadFrom(page, room, { endpoint });
  expect(failed).toBeNull();
  expect(patches).toHaveLength(1);
  expect(Number(patches[0]), 'the offset after the reload').toBeGreaterThan(7 * MIB);
  expect(await room.files()).toHaveLength(1);
  expect(await room.sha256Of(url)).toBe(file.sha256);

  await page.evaluate(({ url, headers }) => (globalThis as unknown as { tus: typeof Tus }).tus.Upload.terminate(url, { headers }), { url, headers: room.headers });
  expect(await room.files()).toEqual([]);
});

test('a page of a configured origin downloads, whole and in ranges, and can read the headers of the answer', async ({ server, site, page }, info) => {
  const room = await ApiRoom.open(server.address);
  const file = await sample(info, 'to elsewhere.bin', MIB);
  const url = await room.add(file);
  await page.goto(site.origin);
  const digest = await page.evaluate(
    async ({ url, headers }) => {
      const bytes = await (await fetch(url, { headers })).arrayBuffer();
      return Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)), (byte) => byte.toString(16).padStart(2, '0')).join('');
    },
    { url, headers: room.headers },
  );
  expect(digest).toBe(file.sha256);

  const part = await page.evaluate(
    async ({ url, headers }) => {
      const answer = await fetch(url, { headers: { ...headers, Range: 'bytes=10-19' } });
      const exposed = Object.fromEntries(['etag', 'content-range', 'accept-ranges', 'content-disposition'].map((name) => [name, answer.headers.get(name)]));
      return { status: answer.status, length: (await answer.arrayBuffer()).byteLength, ...exposed };
    },
    { url, headers: room.headers },
  );
  expect(part).toEqual({
    status: 206,
    length: 10,
    etag: expect.stringMatching(/^".+"$/),
    'content-range': `bytes 10-19/${MIB}`,
    'accept-ranges': 'bytes',
    'content-disposition': expect.stringContaining('to elsewhere.bin'),
  });
});

test('a page of any other origin can neither upload nor read, even with the token', async ({ server, site, page }, info) => {
  const room = await ApiRoom.open(server.address);
  const file = await sample(info, 'from elsewhere.bin', MIB);
  const kept = await room.add(await sample(info, 'kept.bin', 10));
  site.file = file.path;
  // The pages are the same, but their origin is not the configured one.
  await page.goto(site.originByAddress);
  for (const options of [...Object.values(WAYS), { uploadUrl: kept, endpoint: null }]) {
    expect((await uploadFrom(page, room, options)).failed).toContain('tus: failed to');
  }
  for (const method of ['GET', 'HEAD', 'DELETE']) {
    const outcome = page.evaluate(async ({ url, headers, method }) => (await fetch(url, { method, headers })).status, { url: kept, headers: room.headers, method });
    await expect(outcome).rejects.toThrow('Failed to fetch');
  }
  // The browser sends a request that needs no preflight, the server refuses it, and the browser keeps the answer to itself.
  const simple = page.evaluate(async (url) => (await fetch(url, { method: 'POST', mode: 'no-cors', body: 'x' })).type, room.endpoint());
  await expect(simple).rejects.toThrow('Failed to fetch');
  expect((await room.files()).map(({ name }) => name)).toEqual(['kept.bin']);
});

/** Lets the page upload the file that its site serves as `/file`, and returns the upload's URL or the client's error. */
async function uploadFrom(page: Page, room: ApiRoom, options: Options, as: 'file' | 'stream' = 'file'): Promise<{ url: string; failed: string | null }> {
  const plain = { endpoint: room.endpoint(), headers: room.headers, retryDelays: null, ...options };
  return page.evaluate(
    async ({ options, as }) => {
      const { tus } = globalThis as unknown as { tus: typeof Tus };
      const answer = await fetch('/file');
      const source =
        as === 'stream'
          ? (answer.body as ReadableStream<Uint8Array>).getReader()
          : // Name and time are the same in every visit, so that the client recognises the file.
            new File([await answer.blob()], 'from elsewhere.bin', { lastModified: 1_700_000_000_000 });
      return new Promise<{ url: string; failed: string | null }>((resolve) => {
        const upload = new tus.Upload(source, {
          ...options,
          metadata: { filename: 'from elsewhere.bin' },
          onSuccess: () => resolve({ url: upload.url ?? '', failed: null }),
          onError: (error) => resolve({ url: '', failed: error.message }),
        });
        void upload.findPreviousUploads().then(([previous]) => {
          if (previous !== undefined) upload.resumeFromPreviousUpload(previous);
          upload.start();
        });
      });
    },
    { options: plain, as },
  );
}
