// Shows rooms with no, a few, many and a thousand files, and one of pictures, as their owners and their guests see them. In
// each of them the layout is checked and pictures are taken:
//   npx playwright test --project=screenshots states/many_files

import { type Page, expect } from '@playwright/test';

import { say } from '../../support/catalogue';
import { drawPicture } from '../../support/drawing';
import { createRoom, joinRoom } from '../../support/room';
import { test } from '../../support/test';
import { pose } from '../gallery';

test.describe.configure({ timeout: 300_000 });

/** The names of so many files. */
function names(count: number): string[] {
  const kinds = [(n: number) => `Lecture ${n}, signals.pdf`, (n: number) => `IMG_${4400 + n}.jpg`, (n: number) => `Budget ${2000 + n}.xlsx`, (n: number) => `Notes of the ${n}th meeting of the committee.md`];
  return Array.from({ length: count }, (_, index) => kinds[index % kinds.length](index + 1));
}

/** Adds files of these names, whose content is the same, and waits until they are here. */
async function add(owner: Page, names: string[], mimeType: string, buffer: Buffer): Promise<void> {
  await owner.getByLabel(say('en', 'add_files')).setInputFiles(names.map((name) => ({ name, mimeType, buffer })));
  await expect(owner.locator('.file[data-state=complete]')).toHaveCount(names.length, { timeout: 120_000 });
}

for (const count of [0, 5, 50, 1049]) {
  test(`a room with ${count} files`, async ({ device }) => {
    const owner = await device('desktop');
    const pin = await createRoom(owner);
    if (count > 0) await add(owner, names(count), 'application/octet-stream', Buffer.from('some bytes'));
    const guest = await device('desktop');
    await joinRoom(guest, pin);
    for (const [page, role] of [[owner, 'owner'], [guest, 'guest']] as const) {
      await expect(page.locator('.file')).toHaveCount(count);
      await pose(page, { name: `room-${count}_files_${role}`, screen: count > 5 });
      if (count > 5) {
        await pose(page, {
          name: `room-${count}_files_scrolled_${role}`,
          screen: true,
          directions: ['ltr'],
          enter: () => page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight / 2)),
          leave: () => page.evaluate(() => scrollTo(0, 0)),
        });
      }
    }
  });
}

test('a room of pictures', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const picture = await drawPicture(owner, 600, 400);
  await add(owner, Array.from({ length: 26 }, (_, index) => `Harbour ${index + 1}.png`), 'image/png', picture);
  await expect(owner.locator('.file img')).toHaveCount(26);
  const guest = await device('desktop');
  await joinRoom(guest, pin);
  for (const [page, role] of [[owner, 'owner'], [guest, 'guest']] as const) await pose(page, { name: `room-pictures_${role}` });
});
