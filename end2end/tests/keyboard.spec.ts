// Tests that SnapDrop can be used with the keyboard alone.

import type { Locator, Page } from '@playwright/test';

import { hasNoPickerOfHandles, hasPickerOfHandles, pickerOptions, willPick } from '../support/handles';
import { createRoom, download, fileRow, fileRows, joinRoom, memberRow, ownRow, standsInRoom } from '../support/room';
import { sample, sha256Of } from '../support/samples';
import { expect, test } from '../support/test';

test('a room is created without a pointer', async ({ device }) => {
  const owner = await device('desktop');
  await owner.goto('/');
  await tabTo(owner, owner.getByRole('button', { name: 'Create room' }));
  await owner.keyboard.press('Enter');
  await standsInRoom(owner);

  await tabTo(owner, owner.getByRole('button', { name: 'Close room' }));
});

test('a room is joined without a pointer, by Enter in the field of the PIN', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('desktop');
  await guest.goto('/');
  await tabTo(guest, guest.getByRole('textbox', { name: 'PIN' }));
  await guest.keyboard.type(pin);
  await guest.keyboard.press('Enter');
  expect(await standsInRoom(guest)).toBe(pin);
});

test('everything that has the focus can be seen to have it', async ({ device }) => {
  const owner = await device('desktop');
  await createRoom(owner);
  await tabTo(owner, owner.getByRole('button', { name: 'Rename' }));
  for (const name of ['Rename', 'Close room', 'Show QR', 'Lock']) {
    const button = owner.getByRole('button', { name });
    await tabTo(owner, button);
    expect(await button.evaluate((element) => getComputedStyle(element).outlineStyle), name).not.toBe('none');
  }
});

test('a member renames itself without a pointer, and goes on from where it was', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('desktop');
  await guest.goto(`/join/${pin}`);
  await guest.getByRole('button', { name: 'Join' }).press('Enter');
  await standsInRoom(guest);

  const rename = ownRow(guest).getByRole('button', { name: 'Rename' });
  await tabTo(guest, rename);
  await guest.keyboard.press('Enter');
  const field = guest.getByRole('textbox', { name: 'Your name' });
  await expect(field).toBeFocused();
  // The old name is selected, so typing replaces it.
  await guest.keyboard.type('Amber Heron');
  await guest.keyboard.press('Enter');
  await expect(memberRow(owner, 'Amber Heron')).toBeVisible();
  await expect(field).toHaveCount(0);
  await expect(rename).toBeFocused();

  await guest.keyboard.press('Enter');
  await guest.keyboard.type('never mind');
  await guest.keyboard.press('Escape');
  await expect(field).toHaveCount(0);
  await expect(memberRow(guest, 'Amber Heron')).toBeVisible();
  await expect(rename).toBeFocused();
});

test('a room is closed without a pointer, and Escape keeps it open', async ({ device }) => {
  const owner = await device('desktop');
  await createRoom(owner);
  const close = owner.getByRole('button', { name: 'Close room' });
  const question = owner.getByRole('dialog', { name: 'Close this room?' });
  await tabTo(owner, close);
  await owner.keyboard.press('Enter');
  await expect(question).toBeVisible();
  // The harmless answer has the focus, so that a second Enter closes nothing.
  await expect(question.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await owner.keyboard.press('Escape');
  await expect(question).toBeHidden();
  await expect(close).toBeFocused();

  await owner.keyboard.press('Enter');
  await owner.keyboard.press('Enter');
  await expect(question).toBeHidden();
  await expect(close).toBeFocused();

  await owner.keyboard.press('Enter');
  await owner.keyboard.press('Tab');
  await expect(question.getByRole('button', { name: 'Close room' })).toBeFocused();
  await owner.keyboard.press('Enter');
  await expect(owner.getByRole('heading', { name: 'This room is closed.' })).toBeVisible();
});

test('the QR code is shown and put away without a pointer', async ({ device }) => {
  const owner = await device('desktop');
  await createRoom(owner);
  const show = owner.getByRole('button', { name: 'Show QR' });
  await tabTo(owner, show);
  await owner.keyboard.press('Enter');
  await expect(owner.getByRole('dialog', { name: 'QR code of this room' })).toBeVisible();
  await owner.keyboard.press('Escape');
  await expect(owner.getByRole('dialog', { name: 'QR code of this room' })).toBeHidden();
  await expect(show).toBeFocused();
});

test('a file is picked without a pointer where the browser has only the old picker', async ({ device }) => {
  const owner = await device('desktop');
  await hasNoPickerOfHandles(owner);
  await createRoom(owner);
  // The wait begins before the key press, since the browser has to be told beforehand that the test handles the dialog.
  const choosing = owner.waitForEvent('filechooser', { timeout: 15_000 });
  await tabTo(owner, owner.getByLabel('Add files'));
  await owner.keyboard.press('Enter');
  expect((await choosing).isMultiple()).toBe(true);
});

test('a file is picked without a pointer where the browser has a picker of handles', async ({ device }, info) => {
  const owner = await device('desktop');
  await hasPickerOfHandles(owner);
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const { name, sha256, path } = await sample(info, 'picked.txt', 1000);
  await willPick(owner, { name, path });
  await tabTo(owner, owner.getByLabel('Add files'));
  await owner.keyboard.press('Enter');
  await expect(fileRow(guest, name)).toHaveAttribute('data-state', 'complete');
  expect(await sha256Of(await download(guest, fileRow(guest, name)))).toBe(sha256);
});

test('whoever closes the picker of handles without a choice adds nothing, and may open it again', async ({ device }, info) => {
  const owner = await device('desktop');
  await hasPickerOfHandles(owner);
  await createRoom(owner);
  await tabTo(owner, owner.getByLabel('Add files'));
  await owner.keyboard.press('Enter');
  await expect.poll(() => pickerOptions(owner)).toEqual({ multiple: true });
  await willPick(owner, await sample(info, 'picked.txt', 1000));
  await owner.keyboard.press('Enter');
  await expect(fileRow(owner, 'picked.txt')).toHaveAttribute('data-state', 'complete');
  await expect(fileRows(owner)).toHaveCount(1);
});

/** Presses Tab until the element has the focus, at most 25 times. */
async function tabTo(page: Page, wanted: Locator): Promise<void> {
  await expect(wanted).toHaveCount(1);
  for (let presses = 0; presses < 25; presses += 1) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  await expect(wanted).toBeFocused({ timeout: 1 });
}
