// Tests with axe-core that the pages are accessible, in both themes and in the states that people meet most.

import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';

import { say } from '../support/catalogue';
import { addFiles, closeRoom, createRoom, detailsOf, download, dropFiles, fileRow, joinRoom, lookAt, ownRow, unfoldAll, uploadBar } from '../support/room';
import { MIB, sample } from '../support/samples';
import { CONNECTION_LOST, CUT_OFF, answered, expect, test } from '../support/test';

/** Checks the page in its present state, in both themes. */
async function isForEveryone(page: Page, state: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('\n')}`);
    expect(found, `${state}, ${colorScheme}`).toEqual([]);
  }
}

test('the pages outside of a room are for everyone', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone', { noise: answered(404, /./) });
  await guest.goto('/');
  await isForEveryone(guest, 'the first page');
  await guest.getByRole('textbox', { name: 'PIN' }).fill(pin === '000000' ? '000001' : '000000');
  await expect(guest.getByRole('alert')).toContainText('There is no room with this PIN.');
  await isForEveryone(guest, 'a wrong PIN');
  // The script of the offline page would find the server, and leave the page while it is examined.
  await guest.route('**/offline.js', (route) => route.fulfill({ contentType: 'text/javascript', body: '' }));
  for (const path of [`/join/${pin}`, `/r/${pin}`, '/nowhere', '/offline']) {
    await guest.goto(path);
    await isForEveryone(guest, path);
  }
});

test('a room is for everyone, from its first moment to its end', async ({ cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: CUT_OFF });
  const pin = await createRoom(owner);
  await isForEveryone(owner, 'an empty room');
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  await isForEveryone(guest, 'an empty room of others');

  const lecture = await sample(info, 'Lecture 7, signals.pdf', 1000);
  const film = await sample(info, 'film.mov', 40 * MIB);
  await addFiles(owner, lecture.path);
  await expect(fileRow(guest, lecture.name)).toHaveAttribute('data-state', 'complete');
  await (await download(guest, fileRow(guest, lecture.name))).path();
  await expect(fileRow(owner, lecture.name)).toContainText('1 has it');
  const details = await detailsOf(owner, lecture.name);
  await isForEveryone(owner, 'the details of a file');
  await details.getByRole('button', { name: 'Done' }).click();
  cable.allowBurst(10 * MIB);
  await addFiles(owner, film.path);
  await expect(fileRow(guest, film.name)).toContainText(/Arriving [1-9]/);
  await isForEveryone(owner, 'a file on its way');
  await isForEveryone(guest, 'a file on its way, seen by a guest');
  await fileRow(owner, film.name).getByRole('button', { name: 'Pause' }).click();
  await expect(uploadBar(owner)).toContainText('paused');
  await isForEveryone(owner, 'a paused upload');
  cable.allowEverything();
  await uploadBar(owner).getByRole('button', { name: 'Cancel all' }).click();
  await expect(fileRow(owner, film.name)).toHaveCount(0);

  await ownRow(owner).getByRole('button', { name: 'Rename' }).click();
  await isForEveryone(owner, 'another name');
  await owner.getByRole('textbox', { name: 'Your name' }).press('Escape');
  await owner.getByRole('button', { name: 'Show QR' }).click();
  await isForEveryone(owner, 'the QR code');
  await owner.getByRole('button', { name: 'Done' }).click();
  await owner.getByRole('button', { name: 'Lock' }).click();
  await expect(guest.getByText('Locked: nobody new can join.')).toBeVisible();
  await isForEveryone(owner, 'a locked room');
  await expect(owner.getByText('Everyone has everything. Close the room?')).toBeVisible();
  await owner.getByRole('complementary').getByRole('button', { name: 'Close room' }).click();
  await isForEveryone(owner, 'the question before the end');
  await owner.getByRole('dialog', { name: 'Close this room?' }).getByRole('button', { name: 'Cancel' }).click();
  await closeRoom(owner);
  await expect(guest.getByRole('heading', { name: 'This room is closed.' })).toBeVisible();
  await isForEveryone(guest, 'a closed room');
});

test('texts, a preview and what can be undone are for everyone, from the right too', async ({ device }) => {
  for (const language of ['en', 'ar']) {
    const owner = await device('desktop', { context: { locale: language } });
    await owner.goto('/');
    await isForEveryone(owner, `the first page in ${language}`);
    await owner.getByRole('button', { name: say(language, 'create_room') }).click();
    await owner.waitForURL(/\/r\/\d{6,}$/);
    await expect(owner.getByRole('main')).toContainText(say(language, 'connected'));
    await owner.getByRole('textbox', { name: say(language, 'text_label') }).fill('https://example.org/ and words');
    await owner.getByRole('button', { name: say(language, 'add_text') }).click();
    await expect(owner.getByRole('link', { name: 'https://example.org/' })).toBeVisible();
    await dropFiles(owner, [
      { name: 'notes.txt', text: 'Some words.' },
      { name: 'trip/map.txt', text: 'More words.' },
    ]);
    const list = owner.getByRole('list', { name: say(language, 'files'), exact: true });
    const row = list.getByRole('listitem');
    await expect(row).toHaveAttribute('data-state', 'complete');
    await unfoldAll(owner);
    await isForEveryone(owner, `a text and a folder in ${language}`);
    await lookAt(row, say(language, 'preview'));
    await expect(owner.getByRole('dialog', { name: 'notes.txt' })).toContainText('Some words.');
    await isForEveryone(owner, `a preview in ${language}`);
    await owner.keyboard.press('Escape');
    await row.getByRole('button', { name: say(language, 'details') }).click();
    await owner.getByRole('dialog', { name: 'notes.txt' }).getByRole('button', { name: say(language, 'remove') }).click();
    await expect(owner.getByRole('button', { name: say(language, 'undo') })).toBeVisible();
    await isForEveryone(owner, `a removal that can be undone in ${language}`);
  }
});

test('the notice of a lost connection is for everyone', async ({ cable, device }) => {
  const owner = await device('desktop', { address: cable.address, noise: CONNECTION_LOST });
  await createRoom(owner);
  await cable.cut();
  await expect(owner.getByText('Connection lost. Reconnecting…')).toBeVisible();
  await isForEveryone(owner, 'a lost connection');
});

test('the list of unfinished files is for everyone', async ({ cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: CUT_OFF });
  await createRoom(owner);
  cable.allowBurst(0);
  await addFiles(owner, (await sample(info, 'film.mov', 10 * MIB)).path);
  await expect(fileRow(owner, 'film.mov')).toContainText('Arriving 0 %');
  await owner.reload();
  await expect(owner.getByRole('region', { name: 'Unfinished files' })).toBeVisible();
  await isForEveryone(owner, 'unfinished files');
});
