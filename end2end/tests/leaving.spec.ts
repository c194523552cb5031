// Tests how a guest leaves a room for good.

import { button, createRoom, joinRoom, memberRows, renameSelf, standsInRoom } from '../support/room';
import { answered, expect, test } from '../support/test';

test('a guest who leaves is gone from every list at once, and from the rooms of the browser', async ({ device, anotherTab }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const noise = [...answered(401, /\/api\/rooms\/\d+/), { text: /^WebSocket connection to /, url: /./ }];
  const guest = await device('iPhone', { noise });
  await joinRoom(guest, pin);
  const tab = await anotherTab(guest);
  await tab.goto(`/r/${pin}`);
  await standsInRoom(tab);
  await expect(memberRows(owner)).toHaveCount(2);

  await button(guest, 'Leave room').click();
  await expect(guest).toHaveURL('/');
  await expect(guest.getByRole('textbox', { name: 'PIN' })).toBeVisible();
  await expect(memberRows(owner)).toHaveCount(1);
  await expect(guest.getByRole('navigation', { name: 'Your rooms' })).toHaveCount(0);
  // The other tab of the same browser is out, too.
  await expect(tab.getByRole('button', { name: 'Join' })).toBeVisible();
  // Whoever comes again is somebody new.
  await joinRoom(guest, pin);
  await expect(memberRows(owner)).toHaveCount(2);
});

test('the owner closes the room and cannot leave it', async ({ device }) => {
  const owner = await device('desktop');
  await createRoom(owner);
  await expect(button(owner, 'Leave room')).toHaveCount(0);
});

test('without a script a guest leaves with the plain form', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('androidPhone', { context: { javaScriptEnabled: false } });
  await guest.goto(`/join/${pin}`);
  await guest.getByRole('button', { name: 'Join' }).click();
  await guest.waitForURL(`**/r/${pin}`);
  await expect(memberRows(owner)).toHaveCount(2);
  await button(guest, 'Leave room').click();
  await guest.waitForURL((url) => url.pathname === '/');
  await expect(memberRows(owner)).toHaveCount(1);
  await guest.goto(`/r/${pin}`);
  await expect(guest.getByRole('button', { name: 'Join' })).toBeVisible();
});

test('the chosen name is there for the next room, however it was chosen', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await guest.goto('/');
  const name = guest.getByRole('textbox', { name: 'Your name' });
  await name.fill('Ada');
  await guest.getByRole('textbox', { name: 'PIN' }).fill(pin);
  await standsInRoom(guest);
  await expect(memberRows(owner).filter({ hasText: 'Ada' })).toHaveCount(1);
  await button(guest, 'Leave room').click();
  await expect(name).toHaveValue('Ada');

  await guest.goto(`/join/${pin}`);
  await expect(name).toHaveValue('Ada');
  await guest.getByRole('button', { name: 'Join' }).click();
  await standsInRoom(guest);
  await renameSelf(guest, 'Ada L.');
  await expect(memberRows(owner).filter({ hasText: 'Ada L.' })).toHaveCount(1);
  await guest.goto('/');
  await expect(name).toHaveValue('Ada L.');
});
