// Tests what a page with many files needs: actions within reach, an order, a search, a selection, and folders.

import { readFile } from 'node:fs/promises';

import type { Locator, Page, TestInfo } from '@playwright/test';

import type { Cable } from '../support/cable';
import { drawPicture } from '../support/drawing';
import { addFiles, createRoom, download, downloadAll, dropFiles, fileRow, fileRows, joinRoom, reloadRoom, removeFile, standsInRoom, unfoldAll, uploadBar } from '../support/room';
import { MIB, sample } from '../support/samples';
import { CUT_OFF, type StartDevice, expect, test } from '../support/test';

const FILES = 60;

/** Small files with these names, each with its name as its text. */
function named(...names: string[]): { name: string; text: string }[] {
  return names.map((name) => ({ name, text: name }));
}

/** Fills the room with 60 files. */
async function fill(owner: Page): Promise<void> {
  await dropFiles(owner, named(...Array.from({ length: FILES }, (_, index) => `photo ${index + 1}.txt`)));
  await expect(owner.locator('.file[data-state=complete]')).toHaveCount(FILES, { timeout: 30_000 });
}

/** The names of the rows in the order of the page. */
async function names(page: Page): Promise<string[]> {
  return fileRows(page).locator('.file-name > bdi:first-child').allInnerTexts();
}

/** Scrolls through the page in steps of half a screen, and checks in each place that everything is on the screen. */
async function staysInReach(page: Page, ...wanted: Locator[]): Promise<void> {
  const steps = await page.evaluate(() => Math.ceil(document.documentElement.scrollHeight / innerHeight) * 2);
  for (let step = 0; step <= steps; step += 1) {
    await page.evaluate((step) => scrollTo(0, (step * innerHeight) / 2), step);
    for (const one of wanted) await expect(one).toBeInViewport({ ratio: 1 });
  }
  await page.evaluate(() => scrollTo(0, 0));
}

test('the first thing that people want stays within reach, however far they scroll', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  await fill(owner);
  await staysInReach(owner, owner.getByText('Add files', { exact: true }), owner.getByRole('button', { name: 'Close room' }), owner.getByRole('list', { name: 'Members' }));
  for (const kind of ['desktop', 'iPhone'] as const) {
    const guest = await device(kind);
    await joinRoom(guest, pin);
    await expect(downloadAll(guest)).toHaveText('Download all · 711 B');
    if (kind === 'desktop') await staysInReach(guest, downloadAll(guest));
    else {
      for (const place of [0, 500, 2000]) {
        await guest.evaluate((place) => scrollTo(0, place), place);
        await expect(downloadAll(guest)).toBeInViewport({ ratio: 1 });
      }
    }
  }
});

test('the newest comes first; another order is remembered, and counts as people do', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  await dropFiles(owner, [
    { name: 'page 10.txt', text: 'x' },
    { name: 'Page 9.txt', text: 'xxx' },
    { name: 'appendix.txt', text: 'xx' },
  ]);
  await expect(guest.locator('.file[data-state=complete]')).toHaveCount(3);
  expect(await names(guest)).toEqual(['appendix.txt', 'Page 9.txt', 'page 10.txt']);
  const order = guest.getByRole('combobox', { name: 'Order' });
  await order.selectOption('By name');
  expect(await names(guest)).toEqual(['appendix.txt', 'Page 9.txt', 'page 10.txt']);
  await order.selectOption('Largest first');
  expect(await names(guest)).toEqual(['Page 9.txt', 'appendix.txt', 'page 10.txt']);

  await guest.reload();
  await standsInRoom(guest);
  await expect(order).toHaveValue('size');
  await expect.poll(() => names(guest)).toEqual(['Page 9.txt', 'appendix.txt', 'page 10.txt']);
});

test('in a long list files are found by parts of their names', async ({ device }) => {
  const owner = await device('desktop');
  await createRoom(owner);
  const search = owner.getByRole('searchbox', { name: 'Find a file' });
  await dropFiles(owner, named('one.txt'));
  await expect(fileRows(owner)).toHaveCount(1);
  await expect(search).toHaveCount(0);
  await dropFiles(owner, named(...Array.from({ length: FILES }, (_, index) => `photo ${index + 1}.txt`)));
  await expect(owner.locator('.file[data-state=complete]')).toHaveCount(FILES + 1, { timeout: 30_000 });
  await search.fill('PHOTO 12');
  await expect(fileRows(owner)).toHaveCount(1);
  await expect(fileRow(owner, 'photo 12.txt')).toBeVisible();
  await search.fill('nothing like it');
  await expect(owner.getByText('No file has this in its name.')).toBeVisible();
  await search.fill('');
  await expect(fileRows(owner)).toHaveCount(FILES + 1);

  // Whoever seeks keeps the field, however few files are left.
  await search.fill('photo');
  await owner.getByRole('button', { name: 'Select', exact: true }).click();
  await owner.getByRole('button', { name: 'Select all' }).click();
  await owner.locator('.selection').getByRole('button', { name: 'Remove' }).click();
  await expect(owner.getByText(`${FILES} files removed.`)).toBeVisible();
  await expect(fileRows(owner)).toHaveCount(0);
  await search.fill('');
  await expect(fileRow(owner, 'one.txt')).toBeVisible();
});

test('several files are selected, and downloaded or removed together', async ({ device }, info) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('desktop');
  await joinRoom(guest, pin);
  await dropFiles(owner, named('a.txt', 'b.txt', 'c.txt'));
  await expect(guest.locator('.file[data-state=complete]')).toHaveCount(3);

  await guest.getByRole('button', { name: 'Select', exact: true }).click();
  for (const name of ['a.txt', 'c.txt']) await fileRow(guest, name).getByRole('checkbox', { name }).check();
  await expect(guest.getByText('2 selected')).toBeVisible();
  const [archive] = await Promise.all([guest.waitForEvent('download'), guest.locator('.selection').getByRole('button', { name: 'Download' }).click()]);
  const path = info.outputPath('chosen.zip');
  await archive.saveAs(path);
  const bytes = (await readFile(path)).toString('latin1');
  for (const [name, there] of [['a.txt', true], ['b.txt', false], ['c.txt', true]] as const) expect(bytes.includes(name), name).toBe(there);

  await owner.getByRole('button', { name: 'Select', exact: true }).click();
  await owner.getByRole('button', { name: 'Select all' }).click();
  await expect(owner.getByText('3 selected')).toBeVisible();
  await fileRow(owner, 'b.txt').getByRole('checkbox').uncheck();
  await owner.locator('.selection').getByRole('button', { name: 'Remove' }).click();
  await expect(owner.getByText('2 files removed.')).toBeVisible();
  await expect(fileRows(owner)).toHaveCount(1);
  await owner.getByRole('button', { name: 'Undo' }).click();
  await expect(fileRows(owner)).toHaveCount(3);
  await expect(fileRows(guest)).toHaveCount(3);
});

test('a folder is downloaded by itself', async ({ device }, info) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('desktop');
  await joinRoom(guest, pin);
  await dropFiles(owner, named('outside.txt'));
  await owner.getByLabel('Add a folder').setInputFiles(await folderOf(info.outputPath('trip')));
  await expect(guest.locator('details.folder')).toHaveCount(1);
  await unfoldAll(guest);
  await expect(fileRow(guest, 'inside.txt')).toHaveAttribute('data-state', 'complete');
  const [archive] = await Promise.all([guest.waitForEvent('download'), guest.getByRole('link', { name: 'Download trip' }).click()]);
  expect(archive.suggestedFilename()).toContain('trip');
  const path = info.outputPath('trip.zip');
  await archive.saveAs(path);
  const bytes = (await readFile(path)).toString('latin1');
  expect(bytes).toContain('trip/inside.txt');
  expect(bytes).not.toContain('outside.txt');
});

test('files that arrive outside the screen are announced, and one press leads to them', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  await fill(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  await fileRow(guest, 'photo 1.txt').scrollIntoViewIfNeeded();
  await dropFiles(owner, named('late.txt', 'later.txt'));
  const pill = guest.getByRole('button', { name: '2 new files' });
  await expect(pill).toBeVisible();
  await expect(fileRow(guest, 'late.txt')).not.toBeInViewport();
  await pill.tap();
  await expect(fileRow(guest, 'late.txt')).toBeInViewport();
  await expect(pill).toHaveCount(0);
});

test('the keyboard skips the list', async ({ device }) => {
  const owner = await device('desktop');
  await createRoom(owner);
  await fill(owner);
  const address = owner.url();
  const skip = owner.getByRole('link', { name: 'Skip the list of files' });
  await skip.focus();
  await owner.keyboard.press('Enter');
  await owner.keyboard.press('Tab');
  const behind = await owner.evaluate(() => {
    const list = document.querySelector('.files');
    return list !== null && document.activeElement !== null && !list.contains(document.activeElement);
  });
  expect(behind).toBe(true);
  expect(owner.url()).toBe(address);
});

test('everything in a row says which file it belongs to', async ({ device }) => {
  const owner = await device('desktop');
  await createRoom(owner);
  await dropFiles(owner, named('harbour.txt'));
  const row = fileRow(owner, 'harbour.txt');
  await expect(row).toHaveAttribute('data-state', 'complete');
  for (const [role, name] of [['link', 'Download harbour.txt'], ['button', 'Details harbour.txt'], ['button', 'Preview harbour.txt']] as const) {
    await expect(row.getByRole(role, { name, exact: true })).toBeVisible();
  }
});

test('on a phone the row opens the file, and a long name keeps its ending', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const phone = await device('iPhone');
  await joinRoom(phone, pin);
  const long = 'the minutes of the long meeting in spring, as agreed.txt';
  await dropFiles(owner, named(long));
  await expect(fileRow(phone, long)).toHaveAttribute('data-state', 'complete');
  await expect(fileRow(phone, long).locator('.file-name-short')).toHaveText('the minutes of the …s agreed.txt');
  await fileRow(phone, long).locator('.file-text').tap();
  await expect(phone.getByRole('dialog', { name: long })).toContainText(long);
});

/** A guest behind the cable, and the row of a film of which the cable lets only a part through. */
async function halfAFilm(device: StartDevice, cable: Cable, info: TestInfo): Promise<{ guest: Page; row: Locator }> {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('desktop', { address: cable.address, noise: CUT_OFF });
  await joinRoom(guest, pin);
  const film = await sample(info, 'film.mov', 40 * MIB);
  await addFiles(owner, film.path);
  const row = fileRow(guest, film.name);
  await expect(row).toHaveAttribute('data-state', 'complete');
  cable.allowDownload(8 * MIB);
  return { guest, row };
}

test('a download counts as saved only when all of it was handed out', async ({ cable, device }, info) => {
  const { guest, row } = await halfAFilm(device, cable, info);
  const file = await download(guest, row);
  await expect(row).toContainText(/Downloading \d+ %/);
  await expect(row.getByRole('link', { name: /^Saved/ })).toHaveCount(0);
  cable.allowEverything();
  await file.path();
  await expect(row.getByRole('link', { name: /^Saved/ })).toBeVisible();
});

test('the bar counts all files that were added together', async ({ cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address });
  await createRoom(owner);
  const film = await sample(info, 'film.mov', 40 * MIB);
  const notes = await sample(info, 'notes.txt', 1000);
  cable.allowUpload(20 * MIB);
  await addFiles(owner, notes.path, film.path);
  await expect(uploadBar(owner)).toContainText(/^1 of 2 sent · \d+ %/);
  cable.allowEverything();
  await expect(uploadBar(owner)).toHaveCount(0, { timeout: 30_000 });
});

async function folderOf(path: string): Promise<string> {
  const { mkdir, writeFile } = await import('node:fs/promises');
  await mkdir(path, { recursive: true });
  await writeFile(`${path}/inside.txt`, 'inside');
  return path;
}

test('a download that breaks off says so in its row, until it goes on', async ({ cable, device }, info) => {
  const { guest, row } = await halfAFilm(device, cable, info);
  await (await download(guest, row)).cancel();
  await expect(row).toContainText(/Stopped at \d+ %/);
  cable.allowEverything();
  await (await download(guest, row)).path();
  await expect(row.getByRole('link', { name: /^Saved/ })).toBeVisible();
  await expect(row).not.toContainText('Stopped');
});

for (const kind of ['desktop', 'iPhone'] as const) {
  test(`toasts lie over nothing that can be pressed, on the ${kind} of the owner`, async ({ device }) => {
    const owner = await device(kind);
    await createRoom(owner);
    await fill(owner);
    for (const name of ['photo 60.txt', 'photo 59.txt']) await removeFile(owner, name);
    await expect(owner.getByRole('button', { name: 'Undo' })).toBeVisible();
    const places = [0, 600, 1_000_000];
    for (const place of places) {
      await owner.evaluate((place) => scrollTo(0, place), place);
      expect(await coveredByToasts(owner), `at ${place}`).toEqual([]);
    }
  });
}

/** The controls outside the list of which a toast covers something. On a phone, rows pass below toasts as they do below the
 *  bar at the edge of the screen; at the end of the page they do not. */
async function coveredByToasts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const toasts = [...document.querySelectorAll('.toast')].map((toast) => toast.getBoundingClientRect());
    const isPhone = matchMedia('(width < 56rem)').matches;
    const isAtEnd = scrollY + innerHeight >= document.documentElement.scrollHeight - 1;
    const controls = [...document.querySelectorAll('button, a[href], select, input, textarea, label, summary')];
    const pressable = controls.filter((control) => control.closest('.toast') === null && control.checkVisibility() && !control.matches('.visually-hidden, .skip-link'));
    const counted = pressable.filter((control) => !isPhone || isAtEnd || control.closest('.file') === null);
    const covered = counted.filter((control) => {
      const box = control.getBoundingClientRect();
      return toasts.some((toast) => box.left < toast.right && box.right > toast.left && box.top < toast.bottom && box.bottom > toast.top);
    });
    return covered.map((control) => control.outerHTML.slice(0, 120));
  });
}

test('a room of pictures is a grid, or a list for who prefers it', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const picture = await drawPicture(owner, 300, 200);
  await owner.getByLabel('Add files').setInputFiles(Array.from({ length: 30 }, (_, index) => ({ name: `Harbour ${index}.png`, mimeType: 'image/png', buffer: picture })));
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  for (const [page, columns] of [[owner, 4], [guest, 2]] as const) {
    await expect(page.locator('.file img')).toHaveCount(30);
    const tops = await page.locator('.file').evaluateAll((cards) => cards.map((card) => Math.round(card.getBoundingClientRect().top)));
    const lines = tops.filter((top, index) => index === 0 || top !== tops[index - 1]).length;
    expect(lines, 'every line but the last is full').toBe(Math.ceil(30 / columns));
  }
  // A press on the picture opens it.
  const first = (await guest.locator('.file-name').first().textContent()) ?? '';
  await guest.locator('.file img').first().click({ force: true });
  await expect(guest.getByRole('dialog', { name: first })).toBeVisible();
  await guest.getByRole('button', { name: 'Done' }).click();
  await guest.getByRole('button', { name: 'List', exact: true }).click();
  await expect(guest.locator('.files')).toHaveAttribute('data-grid', 'false');
  await reloadRoom(guest);
  await expect(guest.locator('.files')).toHaveAttribute('data-grid', 'false');
  await guest.getByRole('button', { name: 'Grid', exact: true }).click();
  await expect(guest.locator('.files')).toHaveAttribute('data-grid', 'true');
  await expect(owner.locator('.files')).toHaveAttribute('data-grid', 'true');
});

test('thumbnails wait until all files are announced', async ({ device }) => {
  const owner = await device('desktop');
  await createRoom(owner);
  const picture = await drawPicture(owner, 300, 200);
  const requests: string[] = [];
  owner.on('request', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/files')) requests.push('file');
    if (request.method() === 'PUT') requests.push('thumbnail');
  });
  await owner.getByLabel('Add files').setInputFiles(Array.from({ length: 20 }, (_, index) => ({ name: `Harbour ${index}.png`, mimeType: 'image/png', buffer: picture })));
  await expect(owner.locator('.file img')).toHaveCount(20);
  expect(requests).toEqual([...Array<string>(20).fill('file'), ...Array<string>(20).fill('thumbnail')]);
});
