// Tests adding whole folders: the paths of files are kept, shown as folders that fold, and used in the archive.

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { Page } from '@playwright/test';

import { digestsIn, run } from '../support/programs';
import { createRoom, downloadAll, joinRoom, takesDrops, unfoldAll } from '../support/room';
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

test('an empty folder that is dropped is named', async ({ device }, info) => {
  const owner = await device('desktop');
  await createRoom(owner);
  const root = info.outputPath('disk');
  await mkdir(join(root, 'Photos'), { recursive: true });
  await dropFromSystem(owner, join(root, 'Photos'));
  await expect(owner.getByText('“Photos” is empty.')).toBeVisible();
  await expect(owner.getByText('No files yet.')).toBeVisible();

  const site = await folder(root);
  for (const name of ['one', 'two']) await mkdir(join(site, name));
  await dropFromSystem(owner, site);
  await expect(owner.getByText('2 folders are empty.')).toBeVisible();
  await unfoldAll(owner);
  await expect(owner.getByRole('list', { name: 'Files in site', exact: true }).getByRole('listitem')).toHaveCount(1);
});
