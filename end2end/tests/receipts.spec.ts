// Tests receipts: the owner sees who has downloaded a file, and can wait for downloads before the room is closed.

import type { Locator, Page } from '@playwright/test';

import { addFiles, createRoom, detailsOf, download, dropFiles, fileRow, joinRoom, renameSelf } from '../support/room';
import { MIB, sample, sha256Of } from '../support/samples';
import { CONNECTION_LOST, answered, expect, test } from '../support/test';

/** Opens the details of a file, and returns the line of each guest. */
async function receipts(owner: Page, name: string): Promise<Locator> {
  const details = await detailsOf(owner, name);
  return details.getByRole('list', { name: 'Who has it' }).getByRole('listitem');
}

/** Closes the details of a file. */
async function closeDetails(owner: Page): Promise<void> {
  await owner.getByRole('dialog').getByRole('button', { name: 'Done' }).click();
}

test('the owner sees who has a file, and who is waiting', async ({ device }, info) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const { name, path } = await sample(info, 'lecture.pdf', 1000);
  await addFiles(owner, path);
  await expect(fileRow(owner, name)).toHaveAttribute('data-state', 'complete');
  await expect(fileRow(owner, name)).not.toContainText('have it');

  const [ada, bob] = [await device('iPhone'), await device('androidTablet')];
  for (const [guest, called] of [[ada, 'Ada'], [bob, 'Bob']] as const) {
    await joinRoom(guest, pin);
    await renameSelf(guest, called);
  }
  await expect(fileRow(owner, name), 'nothing is said while nobody has it').not.toContainText('ha');
  await (await download(bob, fileRow(bob, name))).path();
  await expect(fileRow(owner, name)).toContainText('1 has it');
  await expect(await receipts(owner, name)).toHaveText([/^Ada · waiting$/, /^Bob · has it$/]);
  await expect(fileRow(bob, name), 'guests see no receipts').not.toContainText('has it');
  await closeDetails(owner);
  await (await download(ada, fileRow(ada, name))).path();
  await expect(fileRow(owner, name)).toContainText('2 have it');

  await owner.reload();
  await expect(fileRow(owner, name)).toContainText('2 have it');
});

test('whoever closes a room while somebody is downloading is told who, and the room waits for them', async ({ cable, device }, info) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('desktop', { address: cable.address });
  await joinRoom(guest, pin);
  await renameSelf(guest, 'Ada');
  const { name, path, sha256 } = await sample(info, 'film.mov', 40 * MIB);
  await addFiles(owner, path);
  await expect(fileRow(guest, name)).toHaveAttribute('data-state', 'complete');

  cable.allowDownload(8 * MIB);
  const file = await download(guest, fileRow(guest, name));
  await expect(fileRow(owner, name)).toContainText('1 downloading');
  await expect(await receipts(owner, name)).toHaveText([/^Ada · \d+ %$/]);
  await closeDetails(owner);
  await owner.getByRole('button', { name: 'Close room' }).click();
  const question = owner.getByRole('dialog', { name: 'Close this room?' });
  await expect(question).toContainText('Ada is still downloading “film.mov”.');
  await question.getByRole('button', { name: "Close when they're done" }).click();
  await expect(question).toContainText('The room closes when they have it.');
  await expect(fileRow(guest, name), 'it is still open').toBeVisible();

  cable.allowEverything();
  await expect(guest.getByRole('heading', { name: 'This room is closed.' })).toBeVisible();
  await expect(owner.getByRole('heading', { name: 'This room is closed.' })).toBeVisible();
  expect(await sha256Of(file)).toBe(sha256);
});

test('waiting ends with the question when the owner keeps the room open', async ({ cable, device }, info) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('desktop', { address: cable.address });
  await joinRoom(guest, pin);
  const { name, path } = await sample(info, 'film.mov', 40 * MIB);
  await addFiles(owner, path);
  await expect(fileRow(guest, name)).toHaveAttribute('data-state', 'complete');
  cable.allowDownload(8 * MIB);
  const file = await download(guest, fileRow(guest, name));
  await owner.getByRole('button', { name: 'Close room' }).click();
  const question = owner.getByRole('dialog', { name: 'Close this room?' });
  await question.getByRole('button', { name: "Close when they're done" }).click();
  await question.getByRole('button', { name: 'Cancel' }).click();
  cable.allowEverything();
  await file.path();
  await expect(fileRow(owner, name)).toContainText('1 has it');
  await expect(question).toBeHidden();
  await expect(fileRow(owner, name)).toBeVisible();
});

test('a download that breaks off does not count as done: the room waits, and the owner is asked', async ({ cable, device }, info) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const ada = await device('desktop', { address: cable.address, noise: [...CONNECTION_LOST, ...answered(410, /./)] });
  const bob = await device('iPhone');
  for (const [guest, called] of [[ada, 'Ada'], [bob, 'Bob']] as const) {
    await joinRoom(guest, pin);
    await renameSelf(guest, called);
  }
  const film = await sample(info, 'film.mov', 40 * MIB);
  await addFiles(owner, film.path);
  await expect(fileRow(ada, film.name)).toHaveAttribute('data-state', 'complete');
  const seat = await ada.context().cookies();

  cable.allowDownload(8 * MIB);
  await download(ada, fileRow(ada, film.name));
  await owner.getByRole('button', { name: 'Close room' }).click();
  const question = owner.getByRole('dialog', { name: 'Close this room?' });
  await expect(question.getByRole('listitem')).toHaveText(['Ada is still downloading “film.mov”.', 'Bob has not downloaded “film.mov”.']);
  await question.getByRole('button', { name: "Close when they're done" }).click();
  await cable.cut();
  await expect(question.getByText(/^Ada's download of “film.mov” broke off at \d+ %\.$/).last()).toBeVisible();
  await expect(question.getByRole('button', { name: 'Close now' })).toBeVisible();
  await question.getByRole('button', { name: 'Keep waiting' }).click();
  await expect(question).toContainText('The room closes when they have it.');
  await expect(fileRow(bob, film.name), 'it is still open').toBeVisible();

  // Whoever takes the download up again needs only the rest.
  cable.allowEverything();
  await cable.mend();
  const address = (await fileRow(ada, film.name).getByRole('link', { name: 'Download' }).getAttribute('href')) ?? '';
  const cookie = seat.map(({ name, value }) => `${name}=${value}`).join('; ');
  const rest = await fetch(new URL(address, cable.address), { headers: { cookie, range: `bytes=${4 * MIB}-` } });
  expect(rest.status).toBe(206);
  await rest.arrayBuffer();
  for (const page of [owner, bob, ada]) {
    await expect(page.getByRole('heading', { name: 'This room is closed.' })).toBeVisible({ timeout: 20_000 });
  }
});

test('the list of who lacks what follows what happens while the question is open', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  await renameSelf(guest, 'Ada');
  await dropFiles(owner, [{ name: 'a.txt', text: 'a' }, { name: 'b.txt', text: 'b' }]);
  await expect(fileRow(guest, 'b.txt')).toHaveAttribute('data-state', 'complete');
  await owner.getByRole('button', { name: 'Close room' }).click();
  const question = owner.getByRole('dialog', { name: 'Close this room?' });
  await expect(question.getByRole('listitem')).toHaveText(['Ada has not downloaded “a.txt”.', 'Ada has not downloaded “b.txt”.']);
  await (await download(guest, fileRow(guest, 'a.txt'))).path();
  await expect(question.getByRole('listitem')).toHaveText(['Ada has not downloaded “b.txt”.']);
});

test('when everyone has everything, the owner is asked whether to close the room', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  await dropFiles(owner, [{ name: 'a.txt', text: 'a' }]);
  const asked = owner.getByRole('status').filter({ hasText: 'Everyone has everything. Close the room?' });
  await expect(fileRow(owner, 'a.txt')).toHaveAttribute('data-state', 'complete');
  await expect(asked).toHaveCount(0);
  await (await download(guest, fileRow(guest, 'a.txt'))).path();
  await expect(asked).toBeVisible();
  await expect(guest.getByText('Everyone has everything.')).toHaveCount(0);

  await dropFiles(owner, [{ name: 'b.txt', text: 'b' }]);
  await expect(asked, 'it is not true any more').toHaveCount(0);
  await (await download(guest, fileRow(guest, 'b.txt'))).path();
  await asked.getByRole('button', { name: 'Close room' }).click();
  for (const page of [owner, guest]) await expect(page.getByRole('heading', { name: 'This room is closed.' })).toBeVisible();
});
