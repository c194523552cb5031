// Tests adding whole folders: the paths of files are kept, shown as folders that fold, and used in the archive.

import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { Page } from '@playwright/test';

import { digestsIn, run } from '../support/programs';
import { createRoom, downloadAll, fileRow, joinRoom, takesDrops, unfoldAll } from '../support/room';
import { expect, test } from '../support/test';

const PATHS = ['site/index.html', 'site/assets/logo.svg', 'site/assets/icons/one.svg', 'site/assets/icons/two.svg'];

/** Writes the files of `PATHS` below `root`, and returns the path of their folder. */
async function folder(root: string): Promise<string> {
  for (const path of PATHS) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), `the content of ${path}`);
  }
  return join(root, 'site');
}

/** Drops a file or a folder from the disk on the page, with the browser's own drag events. */
async function dropFromSystem(page: Page, path: string): Promise<void> {
  await takesDrops(page);
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [path], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) await session.send('Input.dispatchDragEvent', { type, x: 300, y: 500, data });
}

for (const how of ['picked', 'dropped'] as const) {
  test(`a folder that is ${how} arrives with everything in it, and its paths`, async ({ device }, info) => {
    const owner = await device('desktop');
    const pin = await createRoom(owner);
    const guest = await device('iPhone');
    await joinRoom(guest, pin);
    const path = await folder(info.outputPath('disk'));
    if (how === 'picked') await owner.getByLabel('Add a folder').setInputFiles(path);
    else await dropFromSystem(owner, path);

    for (const page of [owner, guest]) {
      await expect(page.locator('details.folder')).toHaveCount(3);
      await unfoldAll(page);
      for (const [name, files] of [['site', ['index.html']], ['site / assets', ['logo.svg']], ['site / assets / icons', ['one.svg', 'two.svg']]] as const) {
        const rows = page.getByRole('list', { name: `Files in ${name}`, exact: true }).getByRole('listitem');
        await expect(rows).toHaveCount(files.length);
        for (const file of files) await expect(rows.filter({ has: page.getByText(file, { exact: true }) })).toHaveAttribute('data-state', 'complete');
      }
      await expect(page.getByRole('list', { name: 'Files', exact: true }).getByRole('listitem'), 'nothing lies beside the folders').toHaveCount(0);
    }
    const [archive] = await Promise.all([guest.waitForEvent('download'), downloadAll(guest).click()]);
    const unzipped = info.outputPath('unzipped');
    expect((await run('unzip', '-q', await archive.path(), '-d', unzipped)).code).toBe(0);
    expect(Object.keys(await digestsIn(unzipped)).sort()).toEqual([...PATHS].sort());
  });
}

test('a folder unfolds', async ({ device }, info) => {
  const owner = await device('desktop');
  await createRoom(owner);
  await owner.getByLabel('Add a folder').setInputFiles(await folder(info.outputPath('disk')));
  const icons = owner.getByRole('list', { name: 'Files in site / assets / icons' });
  const name = owner.getByText('site / assets / icons', { exact: true });
  await expect(name).toBeVisible();
  await expect(icons).toBeHidden();
  await name.click();
  await expect(icons).toBeVisible();
  await expect(owner.getByRole('list', { name: 'Files in site / assets', exact: true })).toBeHidden();
  await name.click();
  await expect(icons).toBeHidden();
});

test('an empty folder that is dropped is named, and kept in the archive', async ({ device }, info) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('desktop');
  await joinRoom(guest, pin);
  const root = info.outputPath('disk');
  await mkdir(join(root, 'Photos'), { recursive: true });
  await dropFromSystem(owner, join(root, 'Photos'));
  await expect(owner.getByText('“Photos” is empty.')).toBeVisible();

  const site = await folder(root);
  for (const name of ['one', 'two']) await mkdir(join(site, name));
  await dropFromSystem(owner, site);
  await expect(owner.getByText('2 folders are empty.')).toBeVisible();
  await expect(guest.locator('.file')).toHaveCount(PATHS.length + 3);
  await keepsFolders(guest, ['Photos', 'site/one', 'site/two'], info.outputPath('unzipped'));
  // Nobody has to download what has nothing in it, before everyone has everything.
  await unfoldAll(owner);
  for (const name of ['Photos', 'one', 'two']) {
    await expect(fileRow(owner, name)).toContainText('Empty folder');
    await expect(fileRow(owner, name).getByRole('link')).toHaveCount(0);
  }
  await expect(owner.getByText('Everyone has everything')).toBeVisible();
});

test('the empty folders of a folder that is picked are kept in the archive', async ({ device }, info) => {
  const owner = await device('desktop');
  await owner.addInitScript(() =>
    Object.assign(globalThis, {
      showDirectoryPicker: async () => {
        const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('Trip', { create: true });
        for (const name of ['nothing', 'day 1']) await folder.getDirectoryHandle(name, { create: true });
        const picture = await (await folder.getDirectoryHandle('day 1')).getFileHandle('harbour.txt', { create: true });
        const writing = await picture.createWritable();
        await writing.write('a picture');
        await writing.close();
        return folder;
      },
    }),
  );
  const pin = await createRoom(owner);
  const guest = await device('desktop');
  await joinRoom(guest, pin);
  await owner.getByText('Add a folder', { exact: true }).click();
  await expect(guest.locator('.file[data-state=complete]')).toHaveCount(2);
  await keepsFolders(guest, ['Trip/nothing'], info.outputPath('unzipped'));
  expect(Object.keys(await digestsIn(info.outputPath('unzipped')))).toEqual(['Trip/day 1/harbour.txt']);
});

/** Downloads everything, and checks that these folders come out of the archive, with nothing in them. */
async function keepsFolders(guest: Page, folders: string[], to: string): Promise<void> {
  const [archive] = await Promise.all([guest.waitForEvent('download'), downloadAll(guest).click()]);
  expect((await run('unzip', '-q', await archive.path(), '-d', to)).code).toBe(0);
  for (const folder of folders) expect(await readdir(join(to, folder)), folder).toEqual([]);
}
