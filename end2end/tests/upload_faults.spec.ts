// Tests faults during an upload, and that no wrong bytes are stored because of them.

import type { Page } from '@playwright/test';

import { Chunks } from '../support/chunks';
import { stopClock } from '../support/clock';
import { addFiles, createRoom, download, fileRow, fileRows, joinRoom } from '../support/room';
import { MIB, sample, sha256Of } from '../support/samples';
import { CONNECTION_LOST, answered, expect, test } from '../support/test';

const TAKEN_BACK = 'Your device no longer lets us read this file. Choose it again to continue.';

test('a bit that turns over on the way is noticed, and its chunk is sent again', async ({ cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: answered(460, /\/files\//) });
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const film = await sample(info, 'film.mov', 20 * MIB);
  const sent = Chunks.of(owner);
  const refused = owner.waitForResponse((response) => response.status() === 460);
  cable.flipBitAfter(MIB);
  await addFiles(owner, film.path);
  await refused;
  await expect(fileRow(guest, film.name)).toHaveAttribute('data-state', 'complete', { timeout: 30_000 });
  expect(sent.offsets.slice(0, 2)).toEqual([0, 0]);
  expect(await sha256Of(await download(guest, fileRow(guest, film.name)))).toBe(film.sha256);
});

test('a chunk that is answered with 503 is sent again', async ({ device }, info) => {
  const owner = await device('desktop', { noise: answered(503, /\/files\//) });
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const film = await sample(info, 'film.mov', 20 * MIB);
  let refusing = true;
  await owner.route(/\/files\//, async (route) => {
    if (!refusing || route.request().headers()['upload-offset'] !== `${4 * MIB}`) return route.fallback();
    await route.fulfill({ status: 503, contentType: 'application/problem+json', json: { title: 'no', status: 503, code: 'unavailable', detail: 'Not now.' } });
  });
  const sent = Chunks.of(owner);
  await addFiles(owner, film.path);
  await expect(fileRow(owner, film.name)).toContainText(/Interrupted at \d+ %, trying again/);
  refusing = false;
  await expect(fileRow(guest, film.name)).toHaveAttribute('data-state', 'complete', { timeout: 30_000 });
  expect(sent.offsets.slice(0, 3)).toEqual([0, 4 * MIB, 4 * MIB]);
  expect(await sha256Of(await download(guest, fileRow(guest, film.name)))).toBe(film.sha256);
});

for (const status of [429, 503]) {
  test(`a server that is busy (${status}) is left alone as long as it says, however often it says so`, async ({ device }, info) => {
    const owner = await device('desktop', { noise: answered(status, /\/files\//) });
    await owner.clock.install();
    await createRoom(owner);
    const film = await sample(info, 'film.mov', 10 * MIB);
    let refusals = 0;
    await owner.route(/\/files\//, async (route) => {
      if (refusals === 9 || route.request().method() !== 'PATCH') return route.fallback();
      refusals += 1;
      // A proxy answers with a page of its own.
      await route.fulfill({ status, headers: { 'retry-after': '40' }, contentType: 'text/html', body: '<h1>busy</h1>' });
    });
    await addFiles(owner, film.path);
    const row = fileRow(owner, film.name);
    await expect.poll(() => refusals).toBe(1);
    await owner.clock.fastForward(35_000);
    await expect(row).toContainText('Interrupted at 0 %, trying again');
    expect(refusals, 'no request before the time').toBe(1);
    await expect(async () => {
      await owner.clock.fastForward(40_000);
      await expect(row).toHaveAttribute('data-state', 'complete', { timeout: 500 });
    }).toPass({ timeout: 30_000 });
    expect(refusals, 'more than the failures after which an upload stops').toBe(9);
  });
}

test('an upload survives a network that breaks again and again', async ({ cable, device }, info) => {
  // When the answer to a chunk is lost, Chromium itself sometimes repeats the request, which the server then refuses.
  const noise = [...CONNECTION_LOST, ...answered(409, /\/files\//)];
  const owner = await device('desktop', { address: cable.address, noise });
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const film = await sample(info, 'film.mov', 60 * MIB);
  cable.breakAfter([3, 9, 5, 17, 2, 11].map((mebibytes) => mebibytes * MIB));
  await addFiles(owner, film.path);
  await expect(fileRow(guest, film.name)).toHaveAttribute('data-state', 'complete', { timeout: 40_000 });
  expect(cable.breaksLeft).toBe(0);
  expect(await sha256Of(await download(guest, fileRow(guest, film.name)))).toBe(film.sha256);
});

for (const [status, code, words] of [
  [507, 'no_space', 'The server is out of space. Try again when there is room.'],
  [413, 'room_full', 'The file does not fit into this room. Remove something first.'],
  [403, undefined, 'The server does not allow this.'],
] as const) {
  test(`whoever is refused for good with ${status} is told why at once, and tries again by hand`, async ({ device }, info) => {
    const owner = await device('desktop', { noise: answered(status, /\/files\//) });
    const pin = await createRoom(owner);
    const guest = await device('iPhone');
    await joinRoom(guest, pin);
    const film = await sample(info, 'film.mov', 10 * MIB);
    const sent = Chunks.of(owner);
    await owner.route(/\/files\//, async (route) => {
      if (route.request().headers()['upload-offset'] !== `${4 * MIB}`) return route.fallback();
      const json = code === undefined ? {} : { title: 'no', status, code, detail: 'No.' };
      await route.fulfill({ status, contentType: 'application/problem+json', json });
    });
    await addFiles(owner, film.path);
    const row = fileRow(owner, film.name);
    await expect(row).toContainText(`Stopped at 40 %. ${words}`);
    expect(sent.offsets, 'it is not sent again').toEqual([0, 4 * MIB]);

    await owner.unroute(/\/files\//);
    await row.getByRole('button', { name: 'Try again' }).click();
    await expect(fileRow(guest, film.name)).toHaveAttribute('data-state', 'complete');
    expect(await sha256Of(await download(guest, fileRow(guest, film.name)))).toBe(film.sha256);
  });
}

test('a file that the device hands out empty is reported, and nothing of it is stored', async ({ device }, info) => {
  const owner = await device('iPhone');
  await canHandOutNothing(owner);
  const pin = await createRoom(owner);
  const guest = await device('desktop');
  await joinRoom(guest, pin);
  const film = await sample(info, 'IMG_4402.mov', 20 * MIB);
  const sent = Chunks.of(owner);
  await handOutNothing(owner, 1);
  await addFiles(owner, film.path);
  await expect(fileRow(owner, film.name)).toContainText(`Stopped at 0 %. ${TAKEN_BACK}`);
  await expect(fileRow(guest, film.name)).toContainText('Arriving 0 %');
  expect(sent.count).toBe(0);

  await fileRow(owner, film.name).getByRole('button', { name: 'Try again' }).click();
  await expect(fileRow(guest, film.name)).toHaveAttribute('data-state', 'complete', { timeout: 30_000 });
  expect(await sha256Of(await download(guest, fileRow(guest, film.name)))).toBe(film.sha256);
});

test('a file that the device hands out no longer goes on where it was when it is chosen again', async ({ cable, device }, info) => {
  const owner = await device('iPhone', { address: cable.address });
  await canHandOutNothing(owner);
  const pin = await createRoom(owner);
  const guest = await device('desktop');
  await joinRoom(guest, pin);
  const film = await sample(info, 'IMG_4402.mov', 40 * MIB);
  const sent = Chunks.of(owner);
  await stopClock(owner);
  cable.throttleUpload(5 * MIB);
  await addFiles(owner, film.path);
  await expect.poll(() => sent.acknowledgedBytes, { intervals: [50] }).toBeGreaterThanOrEqual(8 * MIB);
  await handOutNothing(owner, Number.POSITIVE_INFINITY);
  await expect(fileRow(owner, film.name)).toContainText(TAKEN_BACK);
  await handOutNothing(owner, 0);
  cable.allowEverything();

  const before = sent.count;
  await addFiles(owner, film.path);
  await expect(fileRows(guest).first()).toHaveAttribute('data-state', 'complete', { timeout: 30_000 });
  await expect(fileRows(guest)).toHaveCount(1);
  expect(sent.offsets[before]).toBeGreaterThanOrEqual(8 * MIB);
  expect(await sha256Of(await download(guest, fileRow(guest, film.name)))).toBe(film.sha256);
});

test('a file that is handed out empty while the chunk before it is sent is read once more', async ({ cable, device }, info) => {
  const owner = await device('iPhone', { address: cable.address });
  await canHandOutNothing(owner);
  const pin = await createRoom(owner);
  const guest = await device('desktop');
  await joinRoom(guest, pin);
  const film = await sample(info, 'IMG_4402.mov', 20 * MIB);
  cable.throttleUpload(4 * MIB);
  const sent = Chunks.of(owner);
  await addFiles(owner, film.path);
  await expect.poll(() => sent.count).toBe(2);
  await handOutNothing(owner, 1);
  cable.allowEverything();
  await expect(fileRow(guest, film.name)).toHaveAttribute('data-state', 'complete', { timeout: 30_000 });
  expect(await sha256Of(await download(guest, fileRow(guest, film.name)))).toBe(film.sha256);
});

/** Prepares a page for `handOutNothing`: a read of a file then succeeds without any bytes, as on iOS after a while in the
 *  background. */
async function canHandOutNothing(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const { stream } = Blob.prototype;
    const device = globalThis as unknown as { emptyReads: number };
    device.emptyReads = 0;
    Blob.prototype.stream = function () {
      if (device.emptyReads === 0) return stream.call(this);
      device.emptyReads -= 1;
      return stream.call(new Blob());
    };
  });
}

/** Makes the next `reads` reads of files return no bytes. */
async function handOutNothing(page: Page, reads: number): Promise<void> {
  await page.evaluate((reads) => {
    (globalThis as unknown as { emptyReads: number }).emptyReads = reads;
  }, reads);
}
