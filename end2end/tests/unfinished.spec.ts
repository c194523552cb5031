// Tests files whose upload an earlier visit did not finish: the owner picks them again, and their uploads continue.

import type { Page } from '@playwright/test';

import type { Cable } from '../support/cable';
import { Chunks } from '../support/chunks';
import { stopClock } from '../support/clock';
import { hasNoPickerOfHandles } from '../support/handles';
import { addFiles, arrivedPercent, chooseAgain, createRoom, download, dropFromDisk, fileRow, fileRows, joinRoom, standsInRoom, unfinishedFiles } from '../support/room';
import { MIB, type Sample, changed, sample, sha256Of } from '../support/samples';
import { CONNECTION_LOST, CUT_OFF, expect, test } from '../support/test';

const NOISE = [...CUT_OFF, ...CONNECTION_LOST];
const FILM = 'IMG_4402 harbour.mov';
const FILM_BYTES = 40 * MIB;
/** The offset at which the upload stops: after chunks of 4, 4 and 8 MiB. */
const STOP_BYTES = 16 * MIB;

test('a reload in the middle of an upload leaves one unfinished file, which goes on when it is picked again', async ({ cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: NOISE });
  const guest = await device('iPhone');
  const { film } = await inTheMiddle(owner, guest, cable, await sample(info, FILM, FILM_BYTES));
  await owner.reload();
  await expect(unfinishedFiles(owner)).toContainText('1 file unfinished. What has arrived is kept.');
  await expect(fileRow(owner, FILM)).toContainText('Stopped at 40 %');
  await expect(fileRow(owner, FILM).getByRole('button', { name: 'Details' })).toBeVisible();

  cable.allowEverything();
  await goesOn(owner, guest, film, () => chooseAgain(owner, film.path));
});

test('three unfinished files are counted, and go on together', async ({ cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: NOISE });
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const films = await Promise.all(['one.mov', 'two.mov', 'three.mov'].map((name) => sample(info, name, 20 * MIB)));
  cable.allowUpload(12 * MIB);
  await addFiles(owner, ...films.map(({ path }) => path));
  await expect.poll(() => arrivedPercent(fileRow(guest, 'two.mov'))).toBeGreaterThan(0);
  await expect(fileRow(guest, 'three.mov')).toHaveCount(1);

  await owner.reload();
  await expect(unfinishedFiles(owner)).toContainText('3 files unfinished. What has arrived is kept.');
  await expect(unfinishedFiles(owner).getByText('Choose the files again')).toBeVisible();
  for (const name of ['one.mov', 'two.mov']) await expect(fileRow(owner, name)).toContainText(/Stopped at \d+ %/);
  cable.allowEverything();
  await chooseAgain(owner, films[2].path);
  await expect(unfinishedFiles(owner)).toContainText('2 files unfinished.');
  await chooseAgain(owner, films[0].path, films[1].path);
  await expect(unfinishedFiles(owner)).toHaveCount(0);
  await expect(fileRows(guest)).toHaveCount(3);
  for (const { name, sha256 } of films) {
    await expect(fileRow(guest, name)).toHaveAttribute('data-state', 'complete', { timeout: 30_000 });
    expect(await sha256Of(await download(guest, fileRow(guest, name))), name).toBe(sha256);
  }
});

test('a file that has changed is refused with words, and never mixed with what is there', async ({ cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: NOISE });
  const guest = await device('iPhone');
  const { film } = await inTheMiddle(owner, guest, cable, await sample(info, FILM, FILM_BYTES));
  await owner.reload();
  await expect(fileRow(owner, FILM)).toContainText('Stopped at 40 %');
  cable.allowEverything();

  const sent = Chunks.of(owner);
  for (const how of [{ length: FILM_BYTES - 1 }, { offset: 1000 }, { offset: STOP_BYTES - 1000 }]) {
    await chooseAgain(owner, await changed(info, film, how));
    await expect(owner.getByText(`“${FILM}” has changed since. It was not continued.`), JSON.stringify(how)).toBeVisible();
    await owner.getByRole('button', { name: 'Dismiss' }).click();
    await expect(unfinishedFiles(owner)).toContainText('1 file unfinished.');
  }
  await chooseAgain(owner, (await sample(info, 'other.mov', FILM_BYTES)).path);
  await expect(owner.getByText('“other.mov” is not one of the unfinished files.')).toBeVisible();
  expect(sent.count).toBe(0);
  await expect(fileRows(owner)).toHaveCount(1);

  await goesOn(owner, guest, film, () => chooseAgain(owner, film.path));
});

test('a changed file that is added anew is a file of its own', async ({ cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: NOISE });
  const guest = await device('iPhone');
  const { film } = await inTheMiddle(owner, guest, cable, await sample(info, FILM, FILM_BYTES));
  await owner.reload();
  await expect(fileRow(owner, FILM)).toContainText('Stopped at 40 %');
  cable.allowEverything();
  await addFiles(owner, await changed(info, film, { offset: 1000 }));
  await expect(fileRows(guest)).toHaveCount(2);
  await expect(fileRows(guest).nth(0)).toHaveAttribute('data-state', 'complete', { timeout: 30_000 });
  await expect(fileRows(guest).nth(1)).toContainText('Stopped at 40 %');
  await expect(unfinishedFiles(owner)).toContainText('1 file unfinished.');
});

for (const [way, hand] of [
  ['added', addFiles],
  ['dropped', dropFromDisk],
] as const) {
  test(`an unfinished file that is ${way} once more goes on, instead of being a second one`, async ({ cable, device }, info) => {
    const owner = await device('desktop', { address: cable.address, noise: NOISE });
    await hasNoPickerOfHandles(owner);
    const guest = await device('iPhone');
    const { film } = await inTheMiddle(owner, guest, cable, await sample(info, FILM, FILM_BYTES));
    await owner.reload();
    await expect(fileRow(owner, FILM)).toContainText('Stopped at 40 %');
    cable.allowEverything();
    await goesOn(owner, guest, film, () => hand(owner, film.path));
  });
}

test('an unfinished file outlives the death of the server', async ({ server, cable, device, anotherTab }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: NOISE });
  const guest = await device('iPhone', { noise: NOISE });
  const { film, pin } = await inTheMiddle(owner, guest, cable, await sample(info, FILM, FILM_BYTES));
  await server.kill();
  const later = await anotherTab(owner);
  await owner.close();
  await server.startAgain();

  cable.allowEverything();
  await later.goto(`/r/${pin}`);
  await standsInRoom(later);
  await expect(unfinishedFiles(later)).toContainText('1 file unfinished.');
  await expect(fileRow(later, FILM)).toContainText('Stopped at 40 %');
  await goesOn(later, guest, film, () => chooseAgain(later, film.path));
});

test('an unfinished file goes on in a browser that was closed and opened again', async ({ cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: NOISE });
  const guest = await device('iPhone');
  const { film, pin } = await inTheMiddle(owner, guest, cable, await sample(info, FILM, FILM_BYTES));
  const storageState = await owner.context().storageState();
  await owner.context().close();
  await expect(fileRow(guest, FILM)).toContainText('Stopped at 40 %');

  cable.allowEverything();
  const later = await device('desktop', { address: cable.address, context: { storageState } });
  await later.goto(`/r/${pin}`);
  await standsInRoom(later);
  await expect(unfinishedFiles(later)).toContainText('1 file unfinished.');
  await goesOn(later, guest, film, () => chooseAgain(later, film.path));
});

test('an unfinished file that is picked while the network is away goes on when it is back', async ({ cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: NOISE });
  const guest = await device('iPhone');
  const { film } = await inTheMiddle(owner, guest, cable, await sample(info, FILM, FILM_BYTES));
  await owner.reload();
  await expect(fileRow(owner, FILM)).toContainText('Stopped at 40 %');
  cable.allowEverything();
  await cable.cut();
  await chooseAgain(owner, film.path);
  await expect(owner.getByText('The server cannot be reached. Check your connection and try again.')).toBeVisible();
  // The file has not changed, so the page must not say that it has. This is checked only once, without waiting, because
  // the message would disappear by itself.
  expect(await owner.getByText(/has changed since/).count()).toBe(0);
  await cable.mend();
  await goesOn(owner, guest, film, () => chooseAgain(owner, film.path));
});

test('what goes on after a reload survives a cut of the network, too', async ({ cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: NOISE });
  const guest = await device('iPhone');
  const { film } = await inTheMiddle(owner, guest, cable, await sample(info, FILM, FILM_BYTES));
  await owner.reload();
  await expect(fileRow(owner, FILM)).toContainText('Stopped at 40 %');
  cable.allowUpload(10 * MIB);
  await goesOn(owner, guest, film, async () => {
    await chooseAgain(owner, film.path);
    // Two more chunks of 4 MiB have arrived; the next one is on its way.
    await expect.poll(() => arrivedPercent(fileRow(guest, FILM))).toBeGreaterThan(60);
    await cable.cut();
    await expect(fileRow(guest, FILM)).toContainText('Stopped at 60 %');
    cable.allowEverything();
    await cable.mend();
  });
});

/** Opens a room and uploads 16 of 40 MiB of a file, and a part of the next chunk. */
async function inTheMiddle(owner: Page, guest: Page, cable: Cable, film: Sample): Promise<{ film: Sample; pin: string }> {
  const pin = await createRoom(owner);
  await joinRoom(guest, pin);
  await stopClock(owner);
  cable.allowUpload(20 * MIB);
  await addFiles(owner, film.path);
  await expect.poll(() => arrivedPercent(fileRow(guest, film.name))).toBeGreaterThan(42);
  return { film, pin };
}

/** Calls `when`, and checks that the upload then continues at the server's offset and in the file's own row, and that the
 *  file is unchanged. */
async function goesOn(owner: Page, guest: Page, { name, sha256 }: Sample, when: () => Promise<void>): Promise<void> {
  const sent = Chunks.of(owner);
  await when();
  await expect(fileRows(guest).first()).toHaveAttribute('data-state', 'complete', { timeout: 30_000 });
  await expect(fileRows(guest)).toHaveCount(1);
  expect(sent.offsets[0]).toBe(STOP_BYTES);
  await expect(unfinishedFiles(owner)).toHaveCount(0);
  expect(await sha256Of(await download(guest, fileRow(guest, name)))).toBe(sha256);
}
