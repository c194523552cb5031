// Tests that going back closes what covers the page of a room, and not the room.

import type { Locator, Page } from '@playwright/test';

import { createRoom, detailsOf, dropFiles, fileRow, lookAt, reloadRoom, standsInRoom, takesDrops } from '../support/room';
import { expect, test } from '../support/test';

/** What covers the page: how it is opened, and where it is then. */
const OVERLAYS: { name: string; open(page: Page): Promise<void>; seen(page: Page): Locator }[] = [
  {
    name: 'the QR code',
    open: (page) => page.getByRole('button', { name: 'Show QR' }).click(),
    seen: (page) => page.getByRole('dialog', { name: 'QR code of this room' }),
  },
  {
    name: 'a preview',
    open: (page) => lookAt(fileRow(page, 'notes.txt')),
    seen: (page) => page.getByRole('dialog', { name: 'notes.txt' }),
  },
  {
    name: 'the details of a file',
    open: async (page) => void (await detailsOf(page, 'notes.txt')),
    seen: (page) => page.getByRole('dialog', { name: 'notes.txt' }),
  },
  {
    name: 'the question about a file that is added again',
    open: (page) => dropFiles(page, [{ name: 'notes.txt', text: 'Gate 4' }]),
    seen: (page) => page.getByRole('dialog', { name: '“notes.txt” is already here.' }),
  },
  {
    name: 'the question before closing',
    open: (page) => page.getByRole('button', { name: 'Close room' }).click(),
    seen: (page) => page.getByRole('dialog', { name: 'Close this room?' }),
  },
];

/** A room with a file, into which its owner came from the first page. */
async function room(page: Page): Promise<string> {
  const pin = await createRoom(page);
  await dropFiles(page, [{ name: 'notes.txt', text: 'Gate 4' }]);
  await expect(fileRow(page, 'notes.txt')).toHaveAttribute('data-state', 'complete');
  return pin;
}

for (const { name, open, seen } of OVERLAYS) {
  test(`going back closes ${name} and stays in the room`, async ({ device }) => {
    const owner = await device('androidPhone');
    const pin = await room(owner);
    await open(owner);
    await expect(seen(owner)).toBeVisible();
    await owner.goBack();
    await expect(seen(owner)).toBeHidden();
    expect(await standsInRoom(owner)).toBe(pin);
    // The next step back leaves the room.
    await owner.goBack();
    await expect(owner.getByRole('textbox', { name: 'PIN' })).toBeVisible();
  });

  test(`${name} leaves no step behind when it is closed otherwise`, async ({ device }) => {
    const owner = await device('desktop');
    await room(owner);
    for (let times = 0; times < 3; times += 1) {
      await open(owner);
      await expect(seen(owner)).toBeVisible();
      await owner.keyboard.press('Escape');
      await expect(seen(owner)).toBeHidden();
      await expect.poll(() => owner.evaluate(() => history.state)).toBeNull();
    }
    await owner.goBack();
    await expect(owner.getByRole('textbox', { name: 'PIN' })).toBeVisible();
  });

  test(`a reload with ${name} leaves no step behind either`, async ({ device }) => {
    const owner = await device('desktop');
    const pin = await room(owner);
    await open(owner);
    await expect(seen(owner)).toBeVisible();
    await reloadRoom(owner);
    await expect(seen(owner)).toBeHidden();
    await expect.poll(() => owner.evaluate(() => history.state)).toBeNull();
    // It can be opened and closed as before.
    await takesDrops(owner);
    await open(owner);
    await expect(seen(owner)).toBeVisible();
    await owner.goBack();
    await expect(seen(owner)).toBeHidden();
    expect(await standsInRoom(owner)).toBe(pin);
  });
}

test('going forward to something that was closed does not take a step more', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await room(owner);
  const [{ open, seen }] = OVERLAYS;
  await open(owner);
  await expect(seen(owner)).toBeVisible();
  await owner.goBack();
  await expect(seen(owner)).toBeHidden();
  await owner.evaluate(() => history.forward());
  await expect.poll(() => owner.evaluate(() => history.state)).toBeNull();
  await expect(seen(owner)).toBeHidden();
  expect(await standsInRoom(owner)).toBe(pin);
});
