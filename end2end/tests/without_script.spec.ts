// Tests SnapDrop in browsers without JavaScript: with plain forms and links, and without controls that need a script.

import { homeNetwork } from '../support/home_network';
import { addFiles, createRoom, download, downloadAll, fileRow, fileRows, joinRoom, memberRow, memberRows, ownRow, renameSelf } from '../support/room';
import { MIB, sample, sha256Of } from '../support/samples';
import { answered, expect, test } from '../support/test';

const plain = { context: { javaScriptEnabled: false } };

test('without a script a room is created with the plain form', async ({ device }) => {
  const owner = await device('desktop', plain);
  await owner.goto('/');
  await owner.getByRole('button', { name: 'Create room' }).click();
  await owner.waitForURL(/\/r\/\d{6,}$/);

  await expect(memberRows(owner)).toHaveCount(1);
  await expect(ownRow(owner)).toContainText('owner');
  const pin = owner.url().slice(-6);
  await expect(owner.getByRole('region', { name: 'Room PIN' })).toContainText([...pin].join(' '));

  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  await owner.reload();
  await expect(memberRows(owner)).toHaveCount(2);
  await expect(memberRows(owner).filter({ hasText: 'Safari · iPhone · 127.0.0.1' })).toContainText('Connected');
});

test('without a script one joins by PIN, sees who and what is there, and downloads', async ({ device }, info) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  await renameSelf(owner, 'Amber Heron');
  const { name, path, sha256 } = await sample(info, 'Lecture 7, signals.pdf', 2 * MIB);
  const second = await sample(info, 'notes.txt', 10);
  await addFiles(owner, path, second.path);
  await expect(fileRow(owner, second.name)).toHaveAttribute('data-state', 'complete');
  await expect(fileRow(owner, name)).toHaveAttribute('data-state', 'complete');

  const guest = await device('iPhone', plain);
  await guest.goto('/');
  await guest.getByRole('textbox', { name: 'PIN' }).fill(pin);
  await guest.getByRole('button', { name: 'Join' }).click();
  await guest.waitForURL(`**/r/${pin}`);
  await expect(memberRows(owner)).toHaveCount(2);

  await expect(memberRows(guest)).toHaveCount(2);
  await expect(memberRow(guest, 'Amber Heron')).toContainText('Chrome · Windows · 127.0.0.1');
  await expect(fileRows(guest)).toHaveCount(2);
  await expect(fileRow(guest, name)).toContainText('2.1 MB');
  await expect(fileRow(guest, name)).toHaveAttribute('data-state', 'complete');
  expect(await sha256Of(await download(guest, fileRow(guest, name)))).toBe(sha256);
  await expect(downloadAll(guest)).toBeVisible();
});

test('without a script the link of a room joins nobody until Join is pressed', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('androidPhone', plain);
  await guest.goto(`/join/${pin}`);
  await expect(guest.getByRole('textbox', { name: 'PIN' })).toHaveValue(pin);
  await owner.reload();
  await expect(memberRows(owner)).toHaveCount(1);

  await guest.getByRole('textbox', { name: 'Your name' }).fill('Ada');
  await guest.getByRole('button', { name: 'Join' }).click();
  await guest.waitForURL(`**/r/${pin}`);
  await expect(memberRow(owner, 'Ada')).toContainText('Chrome · Android · 127.0.0.1');
});

test('without a script a wrong PIN is answered with a sentence', async ({ device }) => {
  const guest = await device('iPhone', { ...plain, noise: answered(404, /\/join\/999999/) });
  await guest.goto('/');
  await guest.getByRole('textbox', { name: 'PIN' }).fill('999 999');
  await guest.getByRole('button', { name: 'Join' }).click();
  await expect(guest.getByRole('alert')).toContainText('There is no room with this PIN.');

  await guest.goto('/');
  await guest.getByRole('textbox', { name: 'PIN' }).fill('12');
  await guest.getByRole('button', { name: 'Join' }).click();
  await expect(guest.getByRole('alert')).toBeVisible();
});

test('without a script the owner adds files with the plain form, and a guest gets the same bytes', async ({ device }, info) => {
  const owner = await device('desktop', plain);
  await owner.goto('/');
  await owner.getByRole('button', { name: 'Create room' }).click();
  await owner.waitForURL(/\/r\/\d{6,}$/);
  const page = owner.url();

  const film = await sample(info, 'IMG_4402 harbour.mov', 3 * MIB);
  const notes = await sample(info, '☕ notes.md', 10);
  await owner.getByLabel('Choose files').setInputFiles([film.path, notes.path]);
  await owner.getByRole('button', { name: 'Upload', exact: true }).click();
  await expect(fileRows(owner)).toHaveCount(2);
  for (const { name } of [film, notes]) await expect(fileRow(owner, name)).toHaveAttribute('data-state', 'complete');
  await expect(owner.getByRole('alert')).toHaveCount(0);
  expect(owner.url()).toBe(page);

  const guest = await device('iPhone', plain);
  await guest.goto(`/join/${page.slice(-6)}`);
  await guest.getByRole('button', { name: 'Join' }).click();
  await guest.waitForURL(page);
  await expect(fileRows(guest)).toHaveCount(2);
  await expect(guest.getByLabel('Choose files')).toHaveCount(0);
  for (const { name, sha256 } of [film, notes]) {
    expect(await sha256Of(await download(guest, fileRow(guest, name)))).toBe(sha256);
  }
});

test.describe('with small rooms', () => {
  test.use({ flags: ['--max-file-size', '1MiB', '--max-room-size', '4MiB'] });

  test('without a script the owner is told why a file was not taken, and keeps what was', async ({ device }, info) => {
    const owner = await device('desktop', plain);
    await owner.goto('/');
    await owner.getByRole('button', { name: 'Create room' }).click();
    await owner.waitForURL(/\/r\/\d{6,}$/);

    const notes = await sample(info, 'notes.txt', 10);
    const film = await sample(info, 'film.mov', 12 * MIB);
    await owner.getByLabel('Choose files').setInputFiles([notes.path, film.path]);
    await owner.getByRole('button', { name: 'Upload', exact: true }).click();
    await expect(owner.getByRole('alert')).toHaveText('The file is larger than this server allows.');
    await expect(fileRows(owner)).toHaveCount(1);
    await expect(fileRow(owner, notes.name)).toHaveAttribute('data-state', 'complete');
  });
});

test('without a script nothing is offered that would need one', async ({ device }, info) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  await addFiles(owner, (await sample(info, 'a.txt', 10)).path);
  await expect(fileRow(owner, 'a.txt')).toHaveAttribute('data-state', 'complete');
  const cookies = await owner.context().cookies();

  const same = await device('desktop', plain);
  await same.context().addCookies(cookies);
  await same.goto(`/r/${pin}`);
  await expect(fileRow(same, 'a.txt').getByRole('link', { name: 'Download' })).toBeVisible();
  for (const name of ['Close room', 'Lock', 'Copy link', 'Show QR', 'Rename', 'Remove']) {
    await expect.soft(same.getByRole('button', { name }), name).toHaveCount(0, { timeout: 2000 });
  }
  await expect(same.getByText('Drop files anywhere')).toBeHidden();
});

test('forms work on a plain page in a home network, where browsers say less of where they come from', async ({ server }) => {
  const { browser, address } = await homeNetwork(server);
  const page = await browser.newPage({ javaScriptEnabled: false });
  await page.goto(address);
  await page.getByRole('button', { name: 'Create room' }).click();
  await page.waitForURL(/\/r\/\d{6,}$/);
  await page.getByLabel('Choose files').setInputFiles({ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('a') });
  await page.getByRole('button', { name: 'Upload' }).click();
  await expect(fileRow(page, 'a.txt')).toHaveAttribute('data-state', 'complete');
  await browser.close();
});
