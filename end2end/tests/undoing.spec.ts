// Tests that the removal of a file can be undone.

import { createRoom, dropFiles, fileRow, fileRows, joinRoom, removeFile } from '../support/room';
import { answered, expect, test } from '../support/test';

test('a removed file is gone for the owner at once, and for everyone when it was not brought back', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  await dropFiles(owner, [
    { name: 'keep.txt', text: 'k' },
    { name: 'wrong.txt', text: 'w' },
  ]);
  await expect(fileRow(guest, 'wrong.txt')).toHaveAttribute('data-state', 'complete');

  await removeFile(owner, 'wrong.txt');
  await expect(fileRows(owner)).toHaveCount(1);
  await owner.getByRole('button', { name: 'Undo' }).click();
  await expect(fileRows(owner)).toHaveCount(2);
  await expect(owner.getByText('“wrong.txt” removed.')).toHaveCount(0);

  await removeFile(owner, 'wrong.txt');
  await expect(owner.getByText('“wrong.txt” removed.')).toBeVisible();
  await expect(fileRow(guest, 'wrong.txt')).toHaveCount(0);
  await expect(owner.getByRole('button', { name: 'Undo' })).toHaveCount(0);
  await expect(fileRows(owner)).toHaveCount(1);
  await expect(fileRow(guest, 'keep.txt')).toHaveAttribute('data-state', 'complete');
});

test('on a phone the way back is not hidden by the bar at the bottom', async ({ device }) => {
  const owner = await device('iPhone');
  await createRoom(owner);
  await dropFiles(owner, ['wrong.txt', ...Array.from({ length: 12 }, (_, index) => `page ${index}.txt`)].map((name) => ({ name, text: name })));
  await expect(fileRow(owner, 'page 11.txt')).toHaveAttribute('data-state', 'complete');
  await removeFile(owner, 'wrong.txt');
  const undo = owner.getByRole('button', { name: 'Undo' });
  const [back, bar] = [await undo.boundingBox(), await owner.getByText('Add files').boundingBox()];
  if (back === null || bar === null) throw new Error('the way back or the bar is not there');
  expect(back.y + back.height <= bar.y || bar.y + bar.height <= back.y, 'one is above the other').toBe(true);
  await undo.tap();
  await expect(fileRow(owner, 'wrong.txt')).toBeVisible();
});

test('leaving the page is no undo', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  await dropFiles(owner, [{ name: 'wrong.txt', text: 'w' }]);
  await expect(fileRow(guest, 'wrong.txt')).toHaveAttribute('data-state', 'complete');
  await removeFile(owner, 'wrong.txt');
  await owner.goto('about:blank');
  await expect(fileRows(guest)).toHaveCount(0);
});

test('a file that could not be removed comes back and says why', async ({ device }) => {
  const owner = await device('desktop', { noise: answered(503, /\/files\//) });
  await createRoom(owner);
  await dropFiles(owner, [{ name: 'wrong.txt', text: 'w' }]);
  await expect(fileRow(owner, 'wrong.txt')).toHaveAttribute('data-state', 'complete');
  await owner.route('**/files/*', (route) => (route.request().method() === 'DELETE' ? route.fulfill({ status: 503 }) : route.continue()));
  await removeFile(owner, 'wrong.txt');
  await expect(fileRows(owner)).toHaveCount(0);
  await expect(owner.getByText('The server cannot be reached.')).toBeVisible();
  await expect(fileRow(owner, 'wrong.txt')).toHaveAttribute('data-state', 'complete');
});
