// Tests that an upload continues after a reload without picking its file again, if the browser keeps handles of files.

import type { Page } from '@playwright/test';

import type { Cable } from '../support/cable';
import { Chunks } from '../support/chunks';
import { stopClock } from '../support/clock';
import { type Permission, asksBeforeReading, hasPickerOfHandles, keptHandles, permissionsAsked, pickWithHandles, putIntoBrowser } from '../support/handles';
import { arrivedPercent, closeRoom, createRoom, download, fileRow, fileRows, joinRoom, standsInRoom, unfinishedFiles } from '../support/room';
import { MIB, type Sample, changed, sample, sha256Of } from '../support/samples';
import { CONNECTION_LOST, CUT_OFF, expect, test } from '../support/test';

const NOISE = [...CUT_OFF, ...CONNECTION_LOST];
const FILM = 'IMG_4402 harbour.mov';
const FILM_BYTES = 40 * MIB;
/** The offset at which the upload stops: after chunks of 4, 4 and 8 MiB. */
const STOP_BYTES = 16 * MIB;

test('a file that was picked with a handle goes on by itself after a reload in the middle of a chunk', async ({ cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: NOISE });
  const guest = await device('iPhone');
  const { film } = await inTheMiddle(owner, guest, cable, await sample(info, FILM, FILM_BYTES));
  const sent = Chunks.of(owner);
  await owner.reload();
  cable.allowEverything();
  await wentOn(owner, guest, film, sent);
});

test('a file that was picked with a handle goes on by itself in a tab that is opened later', async ({ cable, device, anotherTab }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: NOISE });
  const guest = await device('iPhone');
  const { film, pin } = await inTheMiddle(owner, guest, cable, await sample(info, FILM, FILM_BYTES));
  const later = await anotherTab(owner);
  await owner.close();
  await expect(fileRow(guest, FILM)).toContainText('Stopped at 40 %');

  cable.allowEverything();
  const sent = Chunks.of(later);
  await later.goto(`/r/${pin}`);
  await wentOn(later, guest, film, sent);
});

test('a file that was picked with a handle goes on by itself after the death of the server and of its tab', async ({ server, cable, device, anotherTab }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: NOISE });
  const guest = await device('iPhone', { noise: NOISE });
  const { film, pin } = await inTheMiddle(owner, guest, cable, await sample(info, FILM, FILM_BYTES));
  await server.kill();
  const later = await anotherTab(owner);
  await owner.close();
  await server.startAgain();

  cable.allowEverything();
  const sent = Chunks.of(later);
  await later.goto(`/r/${pin}`);
  await wentOn(later, guest, film, sent);
});

test('a browser that asks first goes on after Continue is pressed, and not before', async ({ cable, device, anotherTab }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: NOISE });
  const guest = await device('iPhone');
  const { film, pin } = await inTheMiddle(owner, guest, cable, await sample(info, FILM, FILM_BYTES));
  const { later, sent } = await comesBackAndIsAsked(owner, guest, 'granted', anotherTab);
  cable.allowEverything();
  await later.goto(`/r/${pin}`);
  await expect(unfinishedFiles(later)).toContainText('1 file unfinished. What has arrived is kept.');
  const goOn = unfinishedFiles(later).getByRole('button', { name: 'Continue' });
  await expect(goOn).toBeVisible();
  expect(await permissionsAsked(later)).toBe(0);
  expect(sent.count).toBe(0);

  await goOn.click();
  await wentOn(later, guest, film, sent);
  expect(await permissionsAsked(later)).toBe(1);
});

test('a kept file that the browser may not read stays unfinished, to be chosen again', async ({ cable, device, anotherTab }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: NOISE });
  const guest = await device('iPhone');
  const { pin } = await inTheMiddle(owner, guest, cable, await sample(info, FILM, FILM_BYTES));
  const { later, sent } = await comesBackAndIsAsked(owner, guest, 'denied', anotherTab);
  cable.allowEverything();
  await later.goto(`/r/${pin}`);
  await unfinishedFiles(later).getByRole('button', { name: 'Continue' }).click();
  await expect.poll(() => permissionsAsked(later)).toBe(1);
  await expect(unfinishedFiles(later)).toContainText('1 file unfinished.');
  expect(sent.count).toBe(0);
  await expect(unfinishedFiles(later).getByText('Choose the file again')).toBeVisible();
});

test('one press of Continue goes on with every file', async ({ cable, device, anotherTab }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: NOISE });
  await hasPickerOfHandles(owner);
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const films = await Promise.all(['one.mov', 'two.mov', 'three.mov'].map((name) => sample(info, name, 20 * MIB)));
  // The network is so slow that no file is complete before all of them have begun.
  cable.throttleUpload(4 * MIB);
  await pickWithHandles(owner, ...films);
  await expect(fileRows(guest)).toHaveCount(3);
  await expect.poll(() => arrivedPercent(fileRow(guest, 'two.mov'))).toBeGreaterThan(0);

  const later = await anotherTab(owner);
  await asksBeforeReading(later, 'granted');
  await owner.close();
  // If no byte of a file's next chunk had reached the server, the file still counts as arriving for a while.
  for (const { name } of films) await expect(fileRow(guest, name)).toContainText(/Stopped at \d+ %|Arriving (0|20|40) %/);
  cable.allowEverything();
  await later.goto(`/r/${pin}`);
  await expect(unfinishedFiles(later)).toContainText('3 files unfinished.');
  await unfinishedFiles(later).getByRole('button', { name: 'Continue' }).click();
  for (const { name, sha256 } of films) {
    await expect(fileRow(guest, name)).toHaveAttribute('data-state', 'complete', { timeout: 30_000 });
    expect(await sha256Of(await download(guest, fileRow(guest, name))), name).toBe(sha256);
  }
  await expect(fileRows(guest)).toHaveCount(3);
});

test('a kept file that has changed is not continued', async ({ cable, device, anotherTab }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: NOISE });
  const guest = await device('iPhone');
  const { film, pin } = await inTheMiddle(owner, guest, cable, await sample(info, FILM, FILM_BYTES));
  const later = await anotherTab(owner);
  await owner.close();
  await expect(fileRow(guest, FILM)).toContainText('Stopped at 40 %');
  await later.goto('/');
  await putIntoBrowser(later, { name: FILM, path: await changed(info, film, { offset: 30 * MIB }) });

  cable.allowEverything();
  const sent = Chunks.of(later);
  await later.goto(`/r/${pin}`);
  await expect(later.getByText(`“${FILM}” has changed since. It was not continued.`)).toBeVisible();
  await expect(unfinishedFiles(later)).toContainText('1 file unfinished.');
  expect(sent.count).toBe(0);
});

test('a second tab of the same room leaves the sending to the first', async ({ cable, device, anotherTab }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: NOISE });
  await hasPickerOfHandles(owner);
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const film = await sample(info, FILM, FILM_BYTES);
  cable.throttleUpload(3 * MIB);
  await pickWithHandles(owner, film);
  await expect.poll(() => arrivedPercent(fileRow(guest, FILM))).toBeGreaterThan(10);

  const refused: number[] = [];
  owner.on('response', (response) => {
    if (response.status() >= 400) refused.push(response.status());
  });
  const second = await anotherTab(owner);
  const sent = Chunks.of(second);
  await second.goto(`/r/${pin}`);
  await standsInRoom(second);
  await expect(fileRow(second, FILM)).toContainText(/Arriving [4-9]\d %/, { timeout: 20_000 });
  cable.allowEverything();
  await expect(fileRow(guest, FILM)).toHaveAttribute('data-state', 'complete', { timeout: 30_000 });
  expect(sent.count, 'chunks of the second tab').toBe(0);
  expect(refused, 'what was refused to the first tab').toEqual([]);
  expect(await sha256Of(await download(guest, fileRow(guest, FILM)))).toBe(film.sha256);
});

test('the handles of what was sent, cancelled or closed are not kept', async ({ cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: NOISE });
  await hasPickerOfHandles(owner);
  const pin = await createRoom(owner);
  const note = await sample(info, 'note.pdf', 300_000);
  await pickWithHandles(owner, note);
  await expect(fileRow(owner, note.name)).toHaveAttribute('data-state', 'complete');
  await expect.poll(() => keptHandles(owner)).toEqual([]);

  cable.allowBurst(MIB);
  const films = await Promise.all(['one.mov', 'two.mov'].map((name) => sample(info, name, 10 * MIB)));
  await pickWithHandles(owner, ...films);
  await expect.poll(() => keptHandles(owner)).toHaveLength(2);
  await fileRow(owner, 'one.mov').getByRole('button', { name: 'Cancel' }).click();
  await expect.poll(() => keptHandles(owner)).toHaveLength(1);
  expect((await keptHandles(owner))[0]).toMatch(new RegExp(`^${pin}/[0-9a-f]{32}$`));
  await closeRoom(owner);
  await expect.poll(() => keptHandles(owner)).toEqual([]);
});

/** Opens a room and uploads 16 of 40 MiB of a file with a handle, and a part of the next chunk. */
async function inTheMiddle(owner: Page, guest: Page, cable: Cable, film: Sample): Promise<{ film: Sample; pin: string }> {
  await hasPickerOfHandles(owner);
  const pin = await createRoom(owner);
  await joinRoom(guest, pin);
  await stopClock(owner);
  cable.allowUpload(20 * MIB);
  await pickWithHandles(owner, film);
  await expect.poll(() => arrivedPercent(fileRow(guest, film.name))).toBeGreaterThan(42);
  return { film, pin };
}

/** Closes the owner's tab, and opens another one, in which the browser asks before a file may be read. */
async function comesBackAndIsAsked(owner: Page, guest: Page, answer: Permission, anotherTab: (page: Page) => Promise<Page>): Promise<{ later: Page; sent: Chunks }> {
  const later = await anotherTab(owner);
  await asksBeforeReading(later, answer);
  await owner.close();
  await expect(fileRow(guest, FILM)).toContainText('Stopped at 40 %');
  return { later, sent: Chunks.of(later) };
}

/** Checks that the upload continued at the server's offset and in the file's own row, and that the file is unchanged. */
async function wentOn(owner: Page, guest: Page, { name, sha256 }: Sample, sent: Chunks): Promise<void> {
  await expect(fileRow(guest, name)).toHaveAttribute('data-state', 'complete', { timeout: 20_000 });
  expect(sent.offsets[0]).toBe(STOP_BYTES);
  await expect(fileRows(owner)).toHaveCount(1);
  await expect(unfinishedFiles(owner)).toHaveCount(0);
  expect(await sha256Of(await download(guest, fileRow(guest, name)))).toBe(sha256);
}
