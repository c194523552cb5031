// Tests how a page recovers after a reload, after the loss of its network, and after a restart of the server.

import { Chunks } from '../support/chunks';
import { stopClock } from '../support/clock';
import { addFiles, arrivedPercent, closeRoom, createRoom, download, fileRow, fileRows, joinRoom, memberRow, memberRows, ownRow, reloadRoom, removeFile, renameSelf, standsInRoom } from '../support/room';
import { MIB, sample, sha256Of } from '../support/samples';
import { CONNECTION_LOST, answered, expect, test } from '../support/test';

const LOST = 'Connection lost. Reconnecting…';

test('a reload keeps the seat, the role and the list', async ({ device }, info) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  await renameSelf(guest, 'Amber Heron');
  await addFiles(owner, (await sample(info, 'kept.txt', 10)).path);
  await expect(fileRow(guest, 'kept.txt')).toHaveAttribute('data-state', 'complete');

  await Promise.all([owner.reload(), guest.reload()]);
  for (const page of [owner, guest]) {
    expect(await standsInRoom(page)).toBe(pin);
    await expect(memberRows(page)).toHaveCount(2);
    await expect(memberRow(page, 'Amber Heron')).toContainText('Connected');
    await expect(fileRow(page, 'kept.txt')).toHaveAttribute('data-state', 'complete');
  }
  await expect(ownRow(owner)).toContainText('owner');
  await expect(ownRow(guest)).toContainText('Amber Heron');

  await addFiles(owner, (await sample(info, 'after the reload.txt', 10)).path);
  await expect(fileRow(guest, 'after the reload.txt')).toHaveAttribute('data-state', 'complete');
});

test('a page that lost its connection comes back by itself and catches up on what it missed', async ({ cable, device }, info) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone', { address: cable.address, noise: CONNECTION_LOST });
  await joinRoom(guest, pin);
  await addFiles(owner, (await sample(info, 'seen.txt', 10)).path);
  await expect(fileRow(guest, 'seen.txt')).toHaveAttribute('data-state', 'complete');
  await expect(guest.getByText(LOST)).toHaveCount(0);

  await cable.cut();
  await expect(guest.getByText(LOST)).toBeVisible();
  await expect(fileRow(guest, 'seen.txt')).toBeVisible();
  await addFiles(owner, (await sample(info, 'missed.txt', 10)).path);
  await removeFile(owner, 'seen.txt');
  await expect(fileRows(owner)).toHaveCount(1);
  await renameSelf(owner, 'Patient Otter');

  const socket = guest.waitForEvent('websocket', (socket) => /since=/.test(socket.url()));
  await cable.mend();
  expect((await socket).url()).toMatch(new RegExp(`/api/rooms/${pin}/live\\?since=[1-9]\\d*&batches$`));
  await expect(fileRow(guest, 'missed.txt')).toHaveAttribute('data-state', 'complete');
  await expect(fileRow(guest, 'seen.txt')).toHaveCount(0);
  await expect(memberRow(guest, 'Patient Otter')).toBeVisible();
  await expect(guest.getByText(LOST)).toHaveCount(0);
});

test('what somebody changes while the connection is lost is changed when it is back', async ({ cable, device }) => {
  const owner = await device('desktop', { address: cable.address, noise: CONNECTION_LOST });
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  await cable.cut();
  await expect(owner.getByText(LOST)).toBeVisible();
  await owner.getByRole('button', { name: 'Lock' }).click();
  await renameSelf(owner, 'Patient Otter');
  await cable.mend();
  await expect(guest.getByText('Locked: nobody new can join.')).toBeVisible();
  await expect(memberRow(guest, 'Patient Otter')).toBeVisible();
  await expect(owner.getByRole('button', { name: 'Unlock' })).toBeVisible();
});

test('a page says whether the server does not answer or the browser has no network', async ({ cable, device }) => {
  const owner = await device('desktop', { address: cable.address, noise: CONNECTION_LOST });
  await createRoom(owner);
  await cable.cut();
  await expect(owner.getByText(LOST)).toBeVisible();
  await expect(owner.getByText('The server cannot be reached. Reconnecting…')).toBeVisible({ timeout: 15_000 });
  await owner.context().setOffline(true);
  await expect(owner.getByText('You are offline.')).toBeVisible();
  await owner.context().setOffline(false);
  await cable.mend();
  await expect(owner.getByText(/Reconnecting…|You are offline/)).toHaveCount(0, { timeout: 20_000 });
});

test('a page comes back at once when the browser has a network again', async ({ cable, device }, info) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone', { address: cable.address, noise: CONNECTION_LOST });
  // The page's clock is stopped, so that no timer fires and only the event `online` can make the page reconnect.
  await guest.clock.install();
  await joinRoom(guest, pin);
  await guest.clock.pauseAt(Date.now() + 60_000);
  await guest.context().setOffline(true);
  await cable.cut();
  await expect(guest.getByText('You are offline.')).toBeVisible();
  await addFiles(owner, (await sample(info, 'missed.txt', 10)).path);
  await expect(fileRow(owner, 'missed.txt')).toHaveAttribute('data-state', 'complete');

  await cable.mend();
  await guest.context().setOffline(false);
  await expect(fileRow(guest, 'missed.txt')).toHaveAttribute('data-state', 'complete');
  await expect(guest.getByText('You are offline.')).toHaveCount(0);
});

test('everybody is back in the same seat after the server was killed and started again', async ({ server, device }, info) => {
  const owner = await device('desktop', { noise: CONNECTION_LOST });
  const pin = await createRoom(owner);
  const guest = await device('iPhone', { noise: CONNECTION_LOST });
  await joinRoom(guest, pin);
  await renameSelf(guest, 'Amber Heron');
  const { name, path, sha256 } = await sample(info, 'kept.jpg', MIB);
  await addFiles(owner, path);
  await expect(fileRow(guest, name)).toHaveAttribute('data-state', 'complete');
  await expect(memberRow(owner, 'Amber Heron')).toBeVisible();

  await server.kill();
  for (const page of [owner, guest]) await expect(page.getByText(LOST)).toBeVisible();
  await server.startAgain();

  for (const page of [owner, guest]) {
    await expect(page.getByText(LOST)).toHaveCount(0, { timeout: 20_000 });
    await expect(memberRows(page)).toHaveCount(2);
    await expect(memberRows(page).filter({ hasText: 'Connected' })).toHaveCount(2);
  }
  await reloadRoom(guest);
  await expect(ownRow(guest)).toContainText('Amber Heron');
  await expect(ownRow(owner)).toContainText('owner');
  expect(await sha256Of(await download(guest, fileRow(guest, name)))).toBe(sha256);

  // The owner is still the owner.
  await addFiles(owner, (await sample(info, 'after the restart.txt', 10)).path);
  await expect(fileRow(guest, 'after the restart.txt')).toHaveAttribute('data-state', 'complete');
  await closeRoom(owner);
  await expect(guest.getByRole('heading', { name: 'This room is closed.' })).toBeVisible();
});

test('a restart of the server in good order is survived by every page', async ({ server, device }, info) => {
  const owner = await device('desktop', { noise: CONNECTION_LOST });
  const pin = await createRoom(owner);
  const guest = await device('iPhone', { noise: CONNECTION_LOST });
  await joinRoom(guest, pin);

  expect(await server.stop()).toBe(0);
  for (const page of [owner, guest]) await expect(page.getByText(LOST)).toBeVisible();
  await server.startAgain();
  for (const page of [owner, guest]) await expect(page.getByText(LOST)).toHaveCount(0, { timeout: 20_000 });
  await addFiles(owner, (await sample(info, 'after.txt', 10)).path);
  await expect(fileRow(guest, 'after.txt')).toHaveAttribute('data-state', 'complete');
});

test('an upload goes on where it stopped when the connection comes back', async ({ cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: CONNECTION_LOST });
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const { name, path, sha256 } = await sample(info, 'IMG_4402 harbour.mov', 40 * MIB);
  await stopClock(owner);
  cable.allowUpload(28 * MIB);
  const sent = Chunks.of(owner);
  await addFiles(owner, path);
  // Chunks of 4, 4 and 8 MiB have arrived; the fourth is on its way.
  await expect.poll(() => arrivedPercent(fileRow(guest, name))).toBeGreaterThan(42);

  await cable.cut();
  await expect(fileRow(owner, name)).toContainText(/Interrupted at \d+ %, trying again/);
  await expect(fileRow(guest, name)).toContainText('Stopped at 40 %');
  cable.allowEverything();
  const before = sent.count;
  await cable.mend();

  await expect(fileRow(guest, name)).toHaveAttribute('data-state', 'complete', { timeout: 30_000 });
  expect(await sha256Of(await download(guest, fileRow(guest, name)))).toBe(sha256);
  expect(sent.offsets[before], 'the offset of the first chunk after the cut').toBe(16 * MIB);
});

test('an upload goes on to its end when the server is killed in the middle and started again', async ({ server, cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: CONNECTION_LOST });
  const pin = await createRoom(owner);
  const guest = await device('iPhone', { noise: CONNECTION_LOST });
  await joinRoom(guest, pin);
  const { name, path, sha256 } = await sample(info, 'Lecture 7.mp4', 40 * MIB);
  await stopClock(owner);
  cable.allowUpload(28 * MIB);
  await addFiles(owner, path);
  // Chunks of 4, 4 and 8 MiB have arrived; the fourth is on its way.
  await expect.poll(() => arrivedPercent(fileRow(guest, name))).toBeGreaterThan(42);

  await server.kill();
  for (const page of [owner, guest]) await expect(page.getByText(LOST)).toBeVisible();
  cable.allowEverything();
  await server.startAgain();

  await expect(fileRow(guest, name)).toHaveAttribute('data-state', 'complete', { timeout: 30_000 });
  await expect(fileRow(owner, name)).toHaveAttribute('data-state', 'complete');
  expect(await sha256Of(await download(guest, fileRow(guest, name)))).toBe(sha256);
});

test('a page that was cut off when its room was closed says so when it is back', async ({ cable, device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone', { address: cable.address, noise: [...CONNECTION_LOST, ...answered(410, /\/api\/rooms\//)] });
  await joinRoom(guest, pin);
  await cable.cut();
  await expect(guest.getByText(LOST)).toBeVisible();
  await closeRoom(owner);
  await expect(owner.getByRole('heading', { name: 'This room is closed.' })).toBeVisible();

  await cable.mend();
  await expect(guest.getByRole('heading', { name: 'This room is closed.' })).toBeVisible({ timeout: 20_000 });
});

test('the first page leads back into the rooms of this browser, as long as they are open', async ({ device, anotherTab }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  for (const page of [owner, guest]) {
    await page.goto('/');
    const back = page.getByRole('navigation', { name: 'Your rooms' }).getByRole('link');
    await expect(back).toHaveText(page === owner ? /^\d{3}\s\d{3}owner$/ : /^\d{3}\s\d{3}$/);
    await back.click();
    expect(await standsInRoom(page)).toBe(pin);
  }
  await closeRoom(owner);
  const again = await anotherTab(guest);
  const answer = again.waitForResponse(/\/api\/rooms$/);
  await again.goto('/');
  expect(await (await answer).json()).toEqual([]);
  await expect(again.getByRole('navigation')).toHaveCount(0);
});
