// Tests how files get into the room's list: small ones together with their bytes, and each file exactly once, whatever
// the network does.

import type { Page } from '@playwright/test';

import { Chunks } from '../support/chunks';
import { stopClock } from '../support/clock';
import { addFiles, createRoom, download, fileRow, joinRoom } from '../support/room';
import { MIB, type Sample, sample, sha256Of } from '../support/samples';
import { CONNECTION_LOST, CUT_OFF, answered, expect, test } from '../support/test';

const NOISE = [...CUT_OFF, ...CONNECTION_LOST];

const rows = (page: Page) => page.getByRole('list', { name: 'Files' }).getByRole('listitem');

/** A promise, `held`, that resolves when `letGo` is called. */
function latch(): { held: Promise<void>; letGo: () => void } {
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  return { held, letGo };
}

/** Checks that the list contains exactly these files, the last one first, and that each can be downloaded unchanged. */
async function isComplete(guest: Page, samples: Sample[]): Promise<void> {
  await expect(rows(guest)).toHaveCount(samples.length);
  for (const [index, { name, sha256 }] of samples.toReversed().entries()) {
    await expect(rows(guest).nth(index)).toContainText(name);
    await expect(rows(guest).nth(index)).toHaveAttribute('data-state', 'complete', { timeout: 30_000 });
    expect(await sha256Of(await download(guest, fileRow(guest, name)))).toBe(sha256);
  }
}

test('a small file takes one request, which brings its bytes and their checksum', async ({ device }, info) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const samples = await Promise.all([1, 2, 3].map((number) => sample(info, `note ${number}.txt`, number * 1000)));
  const requests: string[] = [];
  owner.on('request', (request) => requests.push(`${request.method()} ${request.headers()['upload-checksum']?.split(' ')[0]}`));
  // The page's clock stands still, so that the network seems fast to the page, however busy this machine is.
  await stopClock(owner);
  await addFiles(owner, ...samples.map(({ path }) => path));
  await isComplete(guest, samples);
  expect(requests.filter((request) => !request.startsWith('GET'))).toEqual(['POST crc32c', 'POST crc32c', 'POST crc32c']);
});

test('on a slow network only the first small file comes with its announcement, so that all are soon in the list', async ({ cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address });
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const samples = await Promise.all([1, 2, 3, 4, 5, 6].map((number) => sample(info, `photo ${number}.jpg`, 200_000)));
  const announced: (string | undefined)[] = [];
  owner.on('request', (request) => {
    if (request.method() === 'POST') announced.push(request.headers()['upload-checksum'] && 'whole');
  });
  cable.throttleUpload(100_000);
  await addFiles(owner, ...samples.map(({ path }) => path));
  await expect(rows(guest)).toHaveCount(samples.length, { timeout: 20_000 });
  cable.allowEverything();
  await isComplete(guest, samples);
  expect(announced).toEqual(['whole', ...Array(5)]);
});

test('files that are added while the network is away are there when it is back, each once and in their order', async ({ cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: NOISE });
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const samples = [await sample(info, 'c.txt', 1000), await sample(info, 'b.mov', 5 * MIB), await sample(info, 'a.txt', 2000)];
  await cable.cut();
  await addFiles(owner, ...samples.map(({ path }) => path));
  await expect(owner.getByText('“c.txt” will be added as soon as the server can be reached.')).toBeVisible();
  await expect(owner.getByRole('region', { name: 'Your uploads' })).toContainText('0 of 3 sent');
  await cable.mend();
  await isComplete(guest, samples);
  await expect(owner.getByRole('region', { name: 'Your uploads' })).toBeHidden();
});

test('files whose adding is called off while the network is away do not come when it is back', async ({ cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: NOISE });
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const [unwanted, wanted] = [await sample(info, 'unwanted.txt', 1000), await sample(info, 'wanted.txt', 1000)];
  await cable.cut();
  await addFiles(owner, unwanted.path);
  await expect(owner.getByText(/will be added as soon as/)).toBeVisible();
  await owner.getByRole('button', { name: 'Cancel all' }).click();
  await expect(owner.getByRole('region', { name: 'Your uploads' })).toBeHidden();
  await cable.mend();
  await addFiles(owner, wanted.path);
  await isComplete(guest, [wanted]);
});

test('the file that is just being announced is taken back when everything is called off', async ({ device }, info) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const samples = [await sample(info, 'under way.txt', 1000), await sample(info, 'later.txt', 1000)];
  const { held, letGo } = latch();
  await owner.route(/\/files$/, async (route) => {
    const response = await route.fetch();
    await held;
    await route.fulfill({ response });
  });
  await addFiles(owner, ...samples.map(({ path }) => path));
  await expect(rows(guest)).toHaveCount(1);
  await owner.getByRole('button', { name: 'Cancel all' }).click();
  letGo();
  await expect(rows(guest)).toHaveCount(0);
  await owner.unroute(/\/files$/);
  const wanted = await sample(info, 'wanted.txt', 1000);
  await addFiles(owner, wanted.path);
  await isComplete(guest, [wanted]);
});

test('files that are not announced yet can be paused with all others, and go on with them', async ({ device }, info) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const samples = await Promise.all([1, 2, 3].map((number) => sample(info, `note ${number}.txt`, 1000)));
  const { held, letGo } = latch();
  let asked = 0;
  await owner.route(/\/files$/, async (route) => {
    asked += 1;
    await held;
    return route.continue();
  });
  await addFiles(owner, ...samples.map(({ path }) => path));
  const bar = owner.getByRole('region', { name: 'Your uploads' });
  await bar.getByRole('button', { name: 'Pause all' }).click();
  await expect(bar).toContainText('3 files paused at 0 %');
  letGo();
  await expect(bar).toContainText('2 files paused at 33 %');
  expect(asked).toBe(1);
  await expect(rows(guest)).toHaveCount(1);
  await bar.getByRole('button', { name: 'Resume all' }).click();
  await isComplete(guest, samples);
});

for (const [what, bytes] of [
  ['small', 1000],
  ['large', 5 * MIB],
] as const) {
  test(`a ${what} file whose announcement goes unanswered is in the list once`, async ({ device }, info) => {
    const owner = await device('desktop', { noise: NOISE });
    const pin = await createRoom(owner);
    const guest = await device('iPhone');
    await joinRoom(guest, pin);
    const file = await sample(info, 'once.bin', bytes);
    const sent = Chunks.of(owner);
    let lost = 0;
    await owner.route(/\/files$/, async (route) => {
      if (lost === 2) return route.continue();
      lost += 1;
      await route.fetch();
      return route.abort('connectionreset');
    });
    await addFiles(owner, file.path);
    await expect.poll(() => lost).toBe(2);
    await expect(owner.getByRole('region', { name: 'Your uploads' })).toBeHidden();
    await isComplete(guest, [file]);
    expect(sent.offsets.slice(0, 1)).toEqual(bytes > MIB ? [0] : []);
  });
}

test.describe('in a room of one mebibyte', () => {
  test.use({ flags: ['--max-file-size', '1MiB', '--max-room-size', '1MiB'] });

  test('a file that is refused is reported with its name and the reason, and those after it are added', async ({ device }, info) => {
    const owner = await device('desktop', { noise: answered(413, /\/files$/) });
    const pin = await createRoom(owner);
    const guest = await device('iPhone');
    await joinRoom(guest, pin);
    const [fits, refused, last] = [await sample(info, 'fits.bin', 600_000), await sample(info, 'refused.bin', 600_000), await sample(info, 'last.bin', 1000)];
    await addFiles(owner, fits.path, refused.path, last.path);
    await expect(owner.getByText('“refused.bin” was not added. The file does not fit into this room. Remove something first.')).toBeVisible();
    await isComplete(guest, [fits, last]);
  });
});
