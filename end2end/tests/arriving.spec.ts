// Tests downloads of files that are still being uploaded, also when the upload stops or its file is removed.

import type { Download, Page } from '@playwright/test';

import type { Cable } from '../support/cable';
import { stopClock } from '../support/clock';
import { addFiles, arrivedPercent, closeRoom, createRoom, download, fileRow, fileRows, joinRoom } from '../support/room';
import { MIB, sample, sha256Of } from '../support/samples';
import { CUT_OFF, expect, test } from '../support/test';

const FILM = 'IMG_4402 harbour.mov';

test('the link of a file works before its first byte is there, and brings all of it', async ({ cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address });
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const film = await sample(info, FILM, 20 * MIB);
  cable.allowBurst(0);
  await addFiles(owner, film.path);
  await expect(fileRow(guest, FILM)).toContainText('Arriving 0 %');
  const early = await download(guest, fileRow(guest, FILM));
  cable.allowEverything();
  expect(await sha256Of(early)).toBe(film.sha256);
});

for (const [what, end] of [
  ['its file is cancelled', (owner: Page) => fileRow(owner, FILM).getByRole('button', { name: 'Cancel' }).click()],
  ['its room is closed', closeRoom],
] as const) {
  test(`a download fails, and is no short file, when ${what} in the middle`, async ({ cable, device }, info) => {
    const owner = await device('desktop', { address: cable.address, noise: CUT_OFF });
    const guest = await device('iPhone');
    const half = await halfOfDownload(owner, guest, cable, (await sample(info, FILM, 40 * MIB)).path);
    await end(owner);
    expect(await half.failure()).not.toBeNull();
    await expect(fileRows(guest)).toHaveCount(0);
  });
}

test('a download waits for its sender to come back, and goes on with it', async ({ cable, device, anotherTab }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: CUT_OFF });
  const guest = await device('iPhone');
  const film = await sample(info, FILM, 40 * MIB);
  const half = await halfOfDownload(owner, guest, cable, film.path);
  const later = await anotherTab(owner);
  const room = owner.url();
  await owner.close();
  await expect(fileRow(guest, FILM)).toContainText('Stopped at 40 %');

  cable.allowEverything();
  await later.goto(room);
  await addFiles(later, film.path);
  await expect(fileRow(guest, FILM)).toHaveAttribute('data-state', 'complete', { timeout: 30_000 });
  expect(await sha256Of(half)).toBe(film.sha256);
});

/** Starts the download of a file of which 16 of 40 MiB have arrived and been verified. */
async function halfOfDownload(owner: Page, guest: Page, cable: Cable, path: string): Promise<Download> {
  const pin = await createRoom(owner);
  await joinRoom(guest, pin);
  await stopClock(owner);
  cable.allowUpload(20 * MIB);
  await addFiles(owner, path);
  await expect.poll(() => arrivedPercent(fileRow(guest, FILM))).toBeGreaterThan(42);
  return download(guest, fileRow(guest, FILM));
}
