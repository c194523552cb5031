// Tests the closing of a room: the owner confirms it once, all members are told, and nothing remains on the server.

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
    await expect(fileRows(page)).toHaveCount(0);
    await expect(memberRows(page)).toHaveCount(0);
  }
  await expect.poll(() => server.storedFiles()).toEqual([]);

  // The room no longer exists for its former members either.
  expect((await phone.request.get(`/api/rooms/${pin}`)).status()).toBe(410);
  const page = await phone.goto(`/r/${pin}`);
  expect(page?.status()).toBe(410);
  await expect(phone.getByRole('alert')).toContainText('This room is closed.');
  expect((await phone.goto(`/join/${pin}`))?.status()).toBe(410);
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
