// Tests that a page is hydrated part by part, and that nothing that happens meanwhile is lost or breaks the page.

import type { Page } from '@playwright/test';

import { HeldTurns } from '../support/held_turns';
import { createRoom, dropFiles, fileRow, fileRows, joinRoom, ownRow, removeFile, standsInRoom, takesDropsNow } from '../support/room';
import { expect, test } from '../support/test';

const FILES = Array.from({ length: 30 }, (_, index) => ({ name: `page ${index + 1}.txt`, text: `${index}` }));

/** Fetches, from within the page, a URL that the page's own program has fetched before. When this returns, that program has
 *  processed the answer to its request. */
async function fetchAgain(page: Page, url: string): Promise<void> {
  for (let times = 0; times < 3; times += 1) await page.evaluate((again) => fetch(again).then((response) => response.text()), url);
}

test('what happens in the room while the page comes to life is shown then', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  await dropFiles(owner, FILES);
  await expect(fileRows(guest)).toHaveCount(FILES.length);
  const turns = await HeldTurns.reload(guest);
  await turns.letOneGo();
  await dropFiles(owner, [{ name: 'late.txt', text: 'late' }]);
  await removeFile(owner, 'page 7.txt');
  await expect(fileRow(owner, 'late.txt')).toHaveAttribute('data-state', 'complete');
  await turns.letOneGo();
  const third = await device('iPadAsMac');
  await joinRoom(third, pin);
  await expect(fileRow(third, 'page 7.txt')).toHaveCount(0);
  await turns.letAllGo();
  await standsInRoom(guest);
  await expect(fileRow(guest, 'late.txt')).toHaveAttribute('data-state', 'complete');
  await expect(fileRow(guest, 'page 7.txt')).toHaveCount(0);
  await expect(fileRows(guest)).toHaveCount(FILES.length);
  await expect(guest.getByRole('list', { name: 'Members' }).getByRole('listitem')).toHaveCount(3);
});

test('a file is removed from a page that is only half alive', async ({ device }) => {
  const owner = await device('desktop');
  await createRoom(owner);
  await dropFiles(owner, FILES);
  await expect(fileRow(owner, 'page 30.txt')).toHaveAttribute('data-state', 'complete');
  const turns = await HeldTurns.reload(owner);
  const undo = owner.getByRole('button', { name: 'Undo' });
  // The members come after the files: when a name can be changed, the rows are alive.
  const name = owner.getByRole('textbox', { name: 'Your name' });
  await owner.getByRole('button', { name: 'Rename' }).click();
  await turns.letGoUntil(() => name.isVisible());
  await fileRow(owner, 'page 1.txt').getByRole('button', { name: 'Details' }).click();
  await turns.letAllGo();
  const details = owner.getByRole('dialog', { name: 'page 1.txt' });
  await details.getByRole('button', { name: 'Remove' }).click();
  await expect(fileRow(owner, 'page 1.txt')).toHaveCount(0);
  await undo.click();
  await expect(fileRows(owner)).toHaveCount(FILES.length);
  await fileRow(owner, 'page 30.txt').getByRole('button', { name: 'Preview' }).click();
  await expect(owner.getByRole('dialog', { name: 'page 30.txt' })).toBeVisible();
});

test('files that are picked and dropped before the page is alive go up when it is', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const turns = await HeldTurns.reload(owner);
  const file = (name: string) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(name) });
  await owner.getByLabel('Add files').setInputFiles([file('first.txt'), file('second.txt')]);
  await turns.letGoUntil(() => takesDropsNow(owner));
  await dropFiles(owner, [{ name: 'third.txt', text: '3' }]);
  await turns.letAllGo();
  for (const name of ['first.txt', 'second.txt', 'third.txt']) await expect(fileRow(guest, name)).toHaveAttribute('data-state', 'complete');
  await expect(fileRows(guest)).toHaveCount(3);
});

test('what is pressed, typed and chosen before the page is alive is done when it is', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  await dropFiles(owner, FILES);
  await expect(fileRow(guest, 'page 30.txt')).toHaveAttribute('data-state', 'complete');
  const turns = await HeldTurns.reload(owner);
  const theme = owner.getByRole('button', { name: 'Theme: same as system' });
  // Whoever sees nothing happen presses again.
  await theme.click();
  await theme.click();
  await expect(theme).toHaveAttribute('aria-busy', 'true');
  await owner.getByRole('searchbox', { name: 'Find a file' }).fill('page 3');
  await owner.getByRole('combobox', { name: 'Order' }).selectOption('name');
  await owner.getByRole('textbox', { name: 'Text' }).fill('See you at the harbour');
  await owner.getByRole('button', { name: 'Add text' }).click();
  await expect(owner.getByRole('textbox', { name: 'Text' })).not.toBeEditable();
  await expect(owner.getByRole('button', { name: 'Add text' })).toHaveAttribute('aria-busy', 'true');
  await owner.getByRole('button', { name: 'Lock' }).click();
  await fileRow(owner, 'page 23.txt').getByRole('button', { name: 'Details' }).click();
  await turns.letAllGo();
  await expect(owner.getByRole('dialog', { name: 'page 23.txt' })).toBeVisible();
  await owner.getByRole('button', { name: 'Done' }).click();
  await expect(owner.locator('html')).toHaveAttribute('data-theme', 'light');
  await expect(owner.getByRole('button', { name: 'Theme: light' })).not.toHaveAttribute('aria-busy');
  await expect(fileRows(owner).locator('.file-name')).toHaveText(['page 3.txt', 'page 13.txt', 'page 23.txt', 'page 30.txt']);
  await expect(guest.getByText('See you at the harbour')).toHaveCount(1);
  await expect(owner.getByRole('textbox', { name: 'Text' })).toBeEditable();
  await expect(owner.getByRole('button', { name: 'Unlock' })).toBeVisible();
});

test('a press after which nobody waits any more is forgotten', async ({ device }) => {
  const guest = await device('desktop');
  await guest.goto('/');
  const turns = await HeldTurns.reload(guest);
  const theme = guest.getByRole('button', { name: 'Theme: same as system' });
  await theme.click();
  await expect(theme).toHaveAttribute('aria-busy', 'true');
  await guest.evaluate(() => {
    const now = performance.now.bind(performance);
    performance.now = () => now() + 11_000;
  });
  await turns.letAllGo();
  await expect(theme).not.toHaveAttribute('aria-busy');
  await expect(guest.locator('html')).not.toHaveAttribute('data-theme');
  await theme.click();
  await expect(guest.locator('html')).toHaveAttribute('data-theme', 'light');
});

test('a language that is chosen before the page is alive is spoken on all of it', async ({ device }) => {
  const owner = await device('desktop');
  await createRoom(owner);
  await dropFiles(owner, FILES);
  await expect(fileRow(owner, 'page 30.txt')).toHaveAttribute('data-state', 'complete');
  const turns = await HeldTurns.reload(owner);
  await owner.getByRole('combobox', { name: 'Language' }).selectOption({ label: 'Deutsch' });
  // The language's texts arrive before most of the page is hydrated.
  const request = await turns.letGoUntilDone(owner.waitForRequest(/\/messages\/.*\/de$/));
  await (await request.response())?.finished();
  await fetchAgain(owner, request.url());
  await turns.letAllGo();
  await expect(owner.locator('html')).toHaveAttribute('lang', 'de');
  await expect(owner.getByRole('link', { name: /^Herunterladen/ })).toHaveCount(FILES.length);
  await expect(owner.getByRole('button', { name: 'Raum schließen' })).toBeVisible();
  await expect(owner.getByText('Download', { exact: true })).toHaveCount(0);
});

test('of two languages that are chosen one after the other, the second is spoken', async ({ device }) => {
  const owner = await device('desktop');
  await createRoom(owner);
  let letFirstGo = () => {};
  const first = new Promise<void>((go) => (letFirstGo = go));
  await owner.route(/\/messages\/.*\/de$/, async (route) => {
    await first;
    await route.continue();
  });
  const german = owner.waitForResponse(/\/messages\/.*\/de$/);
  await owner.getByRole('combobox').selectOption({ label: 'Deutsch' });
  await owner.getByRole('combobox').selectOption({ label: 'Français' });
  await expect(owner.locator('html')).toHaveAttribute('lang', 'fr');
  letFirstGo();
  const late = await german;
  await late.finished();
  await fetchAgain(owner, late.url());
  await expect(owner.locator('html')).toHaveAttribute('lang', 'fr');
  await expect(owner.getByRole('combobox')).toHaveValue('fr');
});

test('whoever leaves a page before it is alive finds the next one alive', async ({ device }) => {
  const guest = await device('desktop');
  const pin = await createRoom(guest);
  const turns = await HeldTurns.reload(guest);
  await turns.letOneGo();
  await turns.letOneGo();
  await guest.evaluate(() => history.pushState(null, '', '/'));
  await guest.evaluate(() => window.dispatchEvent(new PopStateEvent('popstate')));
  await turns.letAllGo();
  await guest.getByRole('textbox', { name: 'PIN' }).fill(pin);
  await standsInRoom(guest);
  await expect(ownRow(guest)).toHaveCount(1);
});
