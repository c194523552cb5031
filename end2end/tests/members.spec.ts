// Tests the list of members as the other members see it.

import { createRoom, guestRow, joinRoom, memberRow, memberRows, ownRow, ownerRow, renameSelf, setVisible, standsInRoom } from '../support/room';
import { expect, test } from '../support/test';

test('each member is shown with the kind of device, browser, system and address', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  await expect(ownRow(owner)).toContainText('Desktop');
  await expect(ownRow(owner)).toContainText('Chrome · Windows · 127.0.0.1');

  for (const [name, kind, facts] of [
    ['iPhone', 'Mobile', 'Safari · iPhone · 127.0.0.1'],
    ['androidPhone', 'Mobile', 'Chrome · Android · 127.0.0.1'],
    ['androidTablet', 'Tablet', 'Chrome · Android · 127.0.0.1'],
  ] as const) {
    const guest = await device(name);
    await joinRoom(guest, pin);
    const row = memberRows(owner).filter({ hasText: facts }).filter({ hasText: kind });
    await expect(row).toHaveCount(1);
    await expect(row).toContainText('Connected');
    await expect(memberRows(guest).filter({ hasText: 'Chrome · Windows · 127.0.0.1' })).toContainText('owner');
  }
  await expect(memberRows(owner)).toHaveCount(4);
});

test('an iPad that claims to be a Mac is shown as a tablet', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPadAsMac');
  await joinRoom(guest, pin);
  expect(await guest.evaluate(() => navigator.maxTouchPoints)).toBeGreaterThan(1);

  await expect(guestRow(owner)).toContainText('Tablet');
  await expect(guestRow(owner)).toContainText('Safari · iPad · 127.0.0.1');
});

test('what a browser says of itself when it joins still holds once its page is live', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  // Brave's User-Agent is that of Chrome; only its client hints name it.
  const guest = await device('brave');
  await joinRoom(guest, pin);
  await renameSelf(guest, 'Live now');

  // When the page connects, it describes its device to the server; the new name follows on the same socket. So the owner
  // sees the new name only after the server has received that description.
  await expect(memberRow(owner, 'Live now')).toContainText('Brave · Linux · 127.0.0.1');
});

test('a new name is read by everybody at once', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const phone = await device('iPhone');
  const tablet = await device('androidTablet');
  await joinRoom(phone, pin);
  await joinRoom(tablet, pin);

  await renameSelf(phone, 'Amber Heron');
  for (const page of [owner, tablet, phone]) await expect(memberRow(page, 'Amber Heron')).toContainText('Safari · iPhone');
  await renameSelf(owner, 'Zoë "Z" <b>bold</b>');
  for (const page of [phone, tablet]) await expect(ownerRow(page)).toContainText('Zoë "Z" <b>bold</b>');
});

test('a name that nobody could read is refused with a sentence, and the old one stays', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  await renameSelf(guest, 'Amber Heron');
  await expect(memberRow(owner, 'Amber Heron')).toBeVisible();

  await renameSelf(guest, '   ');
  await expect(guest.getByRole('alert')).toContainText('This name cannot be used');
  await expect(memberRow(owner, 'Amber Heron')).toBeVisible();
});

test('a member who closes the tab is shown as reconnecting, and has the same seat when it comes back', async ({ device, anotherTab }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  await renameSelf(guest, 'Amber Heron');
  await expect(memberRow(owner, 'Amber Heron')).toContainText('Connected');

  const later = await anotherTab(guest);
  await guest.close();
  await expect(memberRow(owner, 'Amber Heron')).toContainText('Reconnecting…');

  await later.goto(`/r/${pin}`);
  await expect(ownRow(later)).toContainText('Amber Heron');
  await expect(memberRow(owner, 'Amber Heron')).toContainText('Connected');
  await expect(memberRows(owner)).toHaveCount(2);
});

test('a member whose tab is in the background is shown as away until it is in front again', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  await expect(guestRow(owner)).toContainText('Connected');

  await setVisible(guest, false);
  await expect(guestRow(owner)).toContainText('Away, seat held');
  await setVisible(guest, true);
  await expect(guestRow(owner)).toContainText('Connected');
});

test('two tabs of one browser are one member, who is there while one of them is in front', async ({ device, anotherTab }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const first = await device('iPhone');
  await joinRoom(first, pin);
  const second = await anotherTab(first);
  await second.goto(`/join/${pin}`);
  // Somebody who has a seat is not asked to join again.
  await standsInRoom(second);
  await expect(memberRows(second)).toHaveCount(2);

  await setVisible(first, false);
  await renameSelf(first, 'One of two');
  await expect(memberRow(owner, 'One of two')).toContainText('Connected');
  await setVisible(second, false);
  await expect(memberRow(owner, 'One of two')).toContainText('Away, seat held');
  await setVisible(second, true);
  await expect(memberRow(owner, 'One of two')).toContainText('Connected');
  await first.close();
  await renameSelf(second, 'One is enough');
  await expect(memberRow(owner, 'One is enough')).toContainText('Connected');
  await expect(memberRows(owner)).toHaveCount(2);
});
