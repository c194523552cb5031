// Tests the closing of a room: the owner confirms it once, all members are told, and nothing remains on the server.

import type { Page } from '@playwright/test';

import { addFiles, arrivedPercent, closeRoom, createRoom, fileRow, fileRows, joinRoom, memberRows, standsInRoom } from '../support/room';
import { MIB, sample } from '../support/samples';
import { CUT_OFF, answered, expect, test } from '../support/test';

test('closing a room tells everybody how many files were erased, and erases them', async ({ server, device }, info) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const phone = await device('iPhone', { noise: answered(410, /./) });
  const tablet = await device('androidTablet');
  await joinRoom(phone, pin);
  await joinRoom(tablet, pin);
  const samples = await Promise.all(['one.txt', 'two.txt', 'three.txt'].map((name) => sample(info, name, 1000)));
  await addFiles(owner, ...samples.map(({ path }) => path));
  await expect(fileRow(phone, 'three.txt')).toHaveAttribute('data-state', 'complete');
  expect(await server.storedFiles()).toHaveLength(3);

  await owner.getByRole('button', { name: 'Close room' }).click();
  const question = owner.getByRole('dialog', { name: 'Close this room?' });
  await expect(question).toContainText('All 3 files will be erased and the 2 others will lose access.');
  await question.getByRole('button', { name: 'Close room' }).click();

  for (const page of [owner, phone, tablet]) {
    await expect(page.getByRole('heading', { name: 'This room is closed.' })).toBeVisible();
    await expect(page.getByText(/^Its 3 files were erased at (1[0-2]|[1-9]):\d\d\s[AP]M\.$/)).toBeVisible();
    await isBlankBoard(page);
    await expect(fileRows(page)).toHaveCount(0);
    await expect(memberRows(page)).toHaveCount(0);
  }
  await expect.poll(() => server.storedFiles()).toEqual([]);

  // The room no longer exists for its former members either.
  expect((await phone.request.get(`/api/rooms/${pin}`)).status()).toBe(410);
  const page = await phone.goto(`/r/${pin}`);
  expect(page?.status()).toBe(410);
  await expect(phone.getByRole('alert')).toContainText('This room is closed.');
  await isBlankBoard(phone);
  expect((await phone.goto(`/join/${pin}`))?.status()).toBe(410);
  await isBlankBoard(phone);
});

test('a room without files ends with a sentence that fits', async ({ device }) => {
  const owner = await device('desktop');
  await createRoom(owner);
  await closeRoom(owner);
  await expect(owner.getByText(/^There were no files in it when it ended at (1[0-2]|[1-9]):\d\d\s[AP]M\.$/)).toBeVisible();

  await owner.getByRole('link', { name: 'Back to start' }).click();
  await expect(owner.getByRole('textbox', { name: 'PIN' })).toBeVisible();
  await expect(owner.getByRole('button', { name: 'Create room' })).toBeVisible();
});

test('a room is kept open by whoever thinks better of it', async ({ device }, info) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const before = await sample(info, 'before.txt', 10);
  const after = await sample(info, 'after.txt', 10);
  await addFiles(owner, before.path);

  await owner.getByRole('button', { name: 'Close room' }).click();
  const question = owner.getByRole('dialog', { name: 'Close this room?' });
  await expect(question).toContainText('Its file will be erased and the other person will lose access.');
  await question.getByRole('button', { name: 'Cancel' }).click();
  await expect(question).toBeHidden();
  await expect(owner.getByRole('button', { name: 'Close room' })).toBeVisible();

  await addFiles(owner, after.path);
  await expect(fileRow(guest, 'before.txt')).toHaveAttribute('data-state', 'complete');
  await expect(fileRow(guest, 'after.txt')).toHaveAttribute('data-state', 'complete');
  await guest.reload();
  expect(await standsInRoom(guest)).toBe(pin);
});

test('a room closed in the middle of an upload leaves nothing on the disk', async ({ server, cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: CUT_OFF });
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const { name, path } = await sample(info, 'half.mov', 40 * MIB);
  cable.allowUpload(20 * MIB);
  await addFiles(owner, path);
  await expect.poll(() => arrivedPercent(fileRow(guest, name))).toBeGreaterThan(0);

  await closeRoom(owner);
  for (const page of [owner, guest]) {
    await expect(page.getByText(/^Its file was erased at (1[0-2]|[1-9]):\d\d\s[AP]M\.$/)).toBeVisible();
  }
  await expect.poll(() => server.storedFiles()).toEqual([]);
});

test('two rooms of one browser end one by one', async ({ device, anotherTab }) => {
  const first = await device('desktop');
  const pin = await createRoom(first);
  const second = await anotherTab(first);
  await createRoom(second);

  await closeRoom(second);
  await expect(second.getByRole('heading', { name: 'This room is closed.' })).toBeVisible();
  await first.reload();
  expect(await standsInRoom(first)).toBe(pin);
  await expect(first.getByRole('button', { name: 'Close room' })).toBeVisible();
});

test('an answer that comes when the page of the room is gone does no harm', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  let answered = false;
  await owner.route(`**/api/rooms/${pin}`, async (route) => {
    if (route.request().method() !== 'DELETE') return route.fallback();
    const response = await route.fetch();
    // The socket tells the page of the end before the answer does.
    await expect(owner.getByRole('heading', { name: 'This room is closed.' })).toBeVisible();
    await route.fulfill({ response });
    answered = true;
  });
  await closeRoom(owner);
  await expect.poll(() => answered).toBe(true);
  await isBlankBoard(owner);
});

test('a room that is closed in another tab ends in this one, whose question is open', async ({ device, anotherTab }) => {
  const asked = await device('desktop');
  const pin = await createRoom(asked);
  const other = await anotherTab(asked);
  await other.goto(`/r/${pin}`);
  await asked.getByRole('button', { name: 'Close room' }).click();
  await expect(asked.getByRole('dialog', { name: 'Close this room?' })).toBeVisible();
  await closeRoom(other);
  await expect(asked.getByRole('heading', { name: 'This room is closed.' })).toBeVisible();
  await isBlankBoard(asked);
});

test('a board turns blank with a motion, and without one for who prefers that', async ({ device }) => {
  for (const [reducedMotion, name] of [['no-preference', 'flap-turn'], ['reduce', 'none']] as const) {
    const owner = await device('desktop', { context: { reducedMotion } });
    await createRoom(owner);
    await closeRoom(owner);
    await isBlankBoard(owner);
    await expect(owner.locator('.flap').first()).toHaveCSS('animation-name', name);
  }
});

test('the page of a closed room says when it was closed also without a script', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  await closeRoom(owner);
  await isBlankBoard(owner);
  const reader = await device('desktop', { noise: answered(410, /./), context: { javaScriptEnabled: false } });
  await reader.goto(`/r/${pin}`);
  await expect(reader.getByText(/^Erased \d\d:\d\d UTC$/)).toBeVisible();
  await expect(reader.locator('.flap[data-blank=true]')).toHaveCount(pin.length);
});

/** The board is still there, without the PIN, and says when everything was erased. */
async function isBlankBoard(page: Page): Promise<void> {
  await expect(page.getByText(/^Erased (1[0-2]|[1-9]):\d\d\s[AP]M$/)).toBeVisible();
  await expect(page.locator('.board .flap').first()).toBeVisible();
  await expect(page.locator('.board .flap[data-blank=false]')).toHaveCount(0);
}
