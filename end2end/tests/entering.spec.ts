// Tests how one enters a room, by PIN and by link, and what the page says when that is not possible.

import type { Page } from '@playwright/test';

import { homeNetwork } from '../support/home_network';
import { createRoom, fileRow, fileRows, guestRow, joinRoom, memberRows, ownRow, reloadRoom, renameSelf, standsInRoom, takesDrops } from '../support/room';
import { answered, expect, type StartDevice, test } from '../support/test';

/** A guest who has typed the PIN of no room, and the PIN of one. */
async function afterWrongPin(device: StartDevice) {
  const pin = await createRoom(await device('desktop'));
  const wrong = pin === '000000' ? '000001' : '000000';
  const guest = await device('iPhone', { noise: answered(404, /\/api\/rooms\/\d+\/members$/) });
  await guest.goto('/');
  const field = guest.getByRole('textbox', { name: 'PIN' });
  await field.pressSequentially(wrong);
  await expect(guest.getByRole('alert')).toContainText('There is no room with this PIN.');
  return { pin, guest, field };
}

test('creating a room puts its owner into it, with a PIN of six digits', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);

  expect(pin).toMatch(/^\d{6,}$/);
  await expect(owner).toHaveTitle(`${pin.slice(0, 3)}\u00a0${pin.slice(3)} · SnapDrop`);
  await expect(owner.getByRole('region', { name: 'Room PIN' })).toContainText([...pin].join(' '));
  await expect(memberRows(owner)).toHaveCount(1);
  await expect(ownRow(owner)).toContainText('owner');
});

test('whoever types the last digit of the PIN on the first page stands in the room, and the owner sees it', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);

  const guest = await device('iPhone');
  await guest.goto('/');
  await guest.getByRole('textbox', { name: 'PIN' }).pressSequentially(pin);

  expect(await standsInRoom(guest)).toBe(pin);
  await expect(memberRows(guest)).toHaveCount(2);
  await expect(ownRow(guest)).not.toContainText('owner');
  await expect(memberRows(owner)).toHaveCount(2);
  await expect(guestRow(owner)).toContainText('Connected');
});

test('a PIN pasted with a space in the middle lets its reader in', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);

  const guest = await device('desktop', { context: { permissions: ['clipboard-read', 'clipboard-write'] } });
  await guest.goto('/');
  await guest.evaluate((text) => navigator.clipboard.writeText(text), `${pin.slice(0, 3)} ${pin.slice(3)}`);
  await guest.getByRole('textbox', { name: 'PIN' }).focus();
  await guest.keyboard.press('Control+v');

  expect(await standsInRoom(guest)).toBe(pin);
  await expect(memberRows(owner)).toHaveCount(2);
});

test('a PIN in the digits of another script, with words around it or in a link lets its reader in', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const zeros = { arabic: 0x660, devanagari: 0x966, fullWidth: 0xff10 };
  const inScript = (zero: number) => [...pin].map((digit) => String.fromCodePoint(zero + Number(digit))).join('');
  const given = [...Object.values(zeros).map(inScript), `The PIN of room 7 is ${pin}.`, `http://192.168.1.20:3000/join/${pin}`];
  for (const text of given) {
    const guest = await device('desktop', { context: { permissions: ['clipboard-read', 'clipboard-write'] } });
    await guest.goto('/');
    await guest.evaluate((text) => navigator.clipboard.writeText(text), text);
    await guest.getByRole('textbox', { name: 'PIN' }).focus();
    await guest.keyboard.press('Control+v');
    expect(await standsInRoom(guest), text).toBe(pin);
    await guest.context().close();
  }
});

test('after a wrong PIN, the next digit begins another one', async ({ device }) => {
  const { pin, guest, field } = await afterWrongPin(device);
  await field.press(pin[0]);
  await expect(field).toHaveValue(pin[0]);
  await expect(guest.getByRole('alert')).toBeHidden();
  await expect(guest.locator('.pin-flaps .flap')).toHaveCount(6);
  await field.pressSequentially(pin.slice(1));
  expect(await standsInRoom(guest)).toBe(pin);
});

test('a finger on the flaps of the PIN begins typing', async ({ device }) => {
  const guest = await device('iPhone');
  await guest.goto('/');
  const field = guest.getByRole('textbox', { name: 'PIN' });
  await field.tap({ timeout: 10_000 });
  await expect(field).toBeFocused();
});

test('opening the link of a room joins nobody until Join is pressed', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);

  const guest = await device('androidPhone');
  await guest.goto(`/join/${pin}`);
  await expect(guest.getByRole('textbox', { name: 'PIN' })).toHaveValue(pin);
  // If the visit had added a member, the reloaded page of the owner would show it.
  await reloadRoom(owner);
  await expect(memberRows(owner)).toHaveCount(1);

  await guest.getByRole('button', { name: 'Join' }).click();
  expect(await standsInRoom(guest)).toBe(pin);
  await expect(memberRows(owner)).toHaveCount(2);
});

test('the copied link of a room leads its reader in', async ({ device }) => {
  const owner = await device('desktop', { context: { permissions: ['clipboard-read', 'clipboard-write'] } });
  const pin = await createRoom(owner);
  await owner.getByRole('button', { name: 'Copy link' }).click();
  await expect(owner.getByText('Link copied.')).toBeVisible();
  const link = await owner.evaluate(() => navigator.clipboard.readText());

  const guest = await device('iPhone');
  await guest.goto(link);
  await guest.getByRole('button', { name: 'Join' }).click();
  expect(await standsInRoom(guest)).toBe(pin);
});

test('a QR code of the link can be held up, and put away again', async ({ device }) => {
  const owner = await device('desktop');
  await createRoom(owner);
  await owner.getByRole('button', { name: 'Show QR' }).click();

  const code = owner.getByRole('img', { name: /^QR code/ });
  await expect(code).toBeVisible();
  await expect.poll(() => code.evaluate((image: HTMLImageElement) => image.complete && image.naturalWidth)).toBeGreaterThan(0);
  await owner.getByRole('button', { name: 'Done' }).click();
  await expect(code).toBeHidden();
});

test('the name that was wished for while joining is the one that the others read', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);

  const guest = await device('iPhone');
  await guest.goto(`/join/${pin}`);
  await guest.getByRole('textbox', { name: 'Your name' }).fill('Ånna 🚀');
  await guest.getByRole('button', { name: 'Join' }).click();
  await standsInRoom(guest);

  await expect(guestRow(owner)).toContainText('Ånna 🚀');
});

test('a PIN that no room has is answered with a sentence, and the field can be corrected', async ({ device }) => {
  const { pin, guest, field } = await afterWrongPin(device);

  await field.fill(pin);
  expect(await standsInRoom(guest)).toBe(pin);
});

test('half a PIN is answered with what a PIN is', async ({ device }) => {
  const guest = await device('iPhone');
  await guest.goto('/');
  // The page itself checks a PIN only once it is hydrated.
  await takesDrops(guest);
  await guest.getByRole('textbox', { name: 'PIN' }).fill('482');
  await guest.getByRole('button', { name: 'Join' }).click();
  await expect(guest.getByRole('alert')).toHaveText('A PIN is 6 digits. Ask the owner of the room for it.');
});

test('the page of a room shows whoever has no seat the way in, and nothing of the room', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  await renameSelf(owner, 'Zebulon Quill');
  await owner.getByLabel('Add files').setInputFiles({ name: 'salaries 2026.xlsx', mimeType: '', buffer: Buffer.from('secret') });
  await expect(fileRows(owner)).toHaveAttribute('data-state', 'complete');
  await expect(ownRow(owner)).toContainText('Zebulon Quill');

  const guest = await device('iPhone');
  const page = await guest.goto(`/r/${pin}`);
  await expect(guest.getByRole('textbox', { name: 'PIN' })).toHaveValue(pin);
  const source = (await page?.text()) ?? '';
  expect(source).not.toContain('salaries');
  expect(source).not.toContain('Zebulon');
  await expect(guest.getByRole('list', { name: 'Files' })).toHaveCount(0);
  await expect(guest.getByRole('list', { name: 'Members' })).toHaveCount(0);

  await guest.getByRole('button', { name: 'Join' }).click();
  await standsInRoom(guest);
  await expect(fileRows(guest)).toContainText('salaries 2026.xlsx');
  await expect(memberRows(owner)).toHaveCount(2);
});

test('a PIN typed before the script arrived is not lost', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);

  const guest = await device('iPhone');
  let release = () => {};
  const typed = new Promise<void>((resolve) => {
    release = resolve;
  });
  await guest.route('**/*.wasm', async (route) => {
    await typed;
    await route.continue();
  });
  await guest.goto('/', { waitUntil: 'commit' });
  await guest.getByRole('textbox', { name: 'PIN' }).fill(pin);
  release();
  expect(await standsInRoom(guest)).toBe(pin);
});

test('a locked room refuses newcomers with a sentence and keeps its members', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);

  await owner.getByRole('button', { name: 'Lock' }).click();
  await expect(guest.getByText('Locked: nobody new can join.')).toBeVisible();

  const newcomer = await device('androidPhone', { noise: answered(423, /\/members$/) });
  await newcomer.goto(`/join/${pin}`);
  await newcomer.getByRole('button', { name: 'Join' }).click();
  await expect(newcomer.getByRole('alert')).toContainText(/locked/);
  await expect(memberRows(owner)).toHaveCount(2);

  await reloadRoom(guest);
  await expect(memberRows(guest)).toHaveCount(2);

  await owner.getByRole('button', { name: 'Unlock' }).click();
  await expect(guest.getByText('Locked: nobody new can join.')).toBeHidden();
  await newcomer.getByRole('button', { name: 'Join' }).click();
  await standsInRoom(newcomer);
  await expect(memberRows(owner)).toHaveCount(3);
});

test('the first page says what it is, and what to do with a PIN and with files', async ({ device }) => {
  for (const name of ['desktop', 'iPhone'] as const) {
    const page = await device(name);
    await page.goto('/');
    for (const words of ['Share files with the people around you', 'Have a PIN? Type it here.', 'Have files to send? Open a room.']) {
      await expect(page.getByRole('heading', { name: words })).toBeInViewport();
    }
  }
});

test('files chosen on the first page of a phone create a room and are sent', async ({ device }) => {
  const owner = await device('androidPhone');
  await owner.goto('/');
  await owner.getByLabel('Choose files').setInputFiles({ name: 'harbour.txt', mimeType: 'text/plain', buffer: Buffer.from('dawn') });
  const pin = await standsInRoom(owner);
  const guest = await device('desktop');
  await joinRoom(guest, pin);
  await expect(fileRow(guest, 'harbour.txt')).toHaveAttribute('data-state', 'complete');
  await expect(fileRows(guest)).toHaveCount(1);
});

test('the owner reads where the PIN is typed, and that others cannot open a loopback address', async ({ server, device }) => {
  // The servers of these tests listen on a loopback address only.
  const owner = await device('desktop');
  await createRoom(owner);
  const board = owner.getByRole('region', { name: 'Room PIN' });
  await expect(board).toContainText(`Only this device can open “${server.host}”.`);
  await expect(board).not.toContainText('On your phone');
  await owner.getByRole('button', { name: 'Show QR' }).click();
  await expect(owner.getByRole('dialog', { name: 'QR code of this room' })).toContainText(`Only this device can open “${server.host}”.`);
});

test('in a network the address is above the PIN and beside the code, on the owner’s screen', async ({ server, device }) => {
  const { browser, address } = await homeNetwork(server);
  const owner = await browser.newPage({ baseURL: address });
  const pin = await createRoom(owner);
  const { host } = new URL(address);
  const board = owner.getByRole('region', { name: 'Room PIN' });
  const way = board.locator('> .way-here');
  await expect(way).toHaveText(`On your phone: ${host}`);
  const [shown, flaps] = [await way.boundingBox(), await board.locator('.board-pin .flap').first().boundingBox()];
  expect(shown !== null && flaps !== null && shown.y + shown.height <= flaps.y).toBe(true);
  await owner.getByRole('button', { name: 'Show QR' }).click();
  await expect(owner.getByRole('dialog', { name: 'QR code of this room' })).toContainText(`On your phone: ${host}`);

  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  await expect(guest.getByRole('region', { name: 'Room PIN' }).locator('> .way-here')).toHaveCount(0);
  await browser.close();
});

test('there are never more flaps than a PIN has digits, and a digit in front begins a wrong PIN anew', async ({ device }) => {
  const { pin, guest, field } = await afterWrongPin(device);
  await field.press('Home');
  await field.press(pin[0]);
  await expect(field).toHaveValue(pin[0]);
  await field.fill('');
  for (const typed of ['12345', '1']) await field.pressSequentially(typed);
  await expect(guest.getByRole('alert')).toContainText('There is no room with this PIN.');
  await field.fill('1234567890');
  await expect(guest.locator('.pin-flaps .flap')).toHaveCount(6);
  await expect(field).toHaveValue('123456');
});

for (const path of ['/r/', '/join/']) {
  test(`a wrong PIN in ${path} is corrected right there`, async ({ device }) => {
    const pin = await createRoom(await device('desktop'));
    const wrong = pin === '000000' ? '000001' : '000000';
    const guest = await device('iPhone', { noise: answered(404, new RegExp(`${path}${wrong}$`)) });
    const answer = await guest.goto(path + wrong);
    expect(answer?.status()).toBe(404);
    const field = guest.getByRole('textbox', { name: 'PIN' });
    await expect(field).toHaveValue(wrong);
    await expect(guest.getByRole('alert')).toContainText('There is no room with this PIN.');
    await isAwake(guest);
    await field.press(pin[0]);
    await expect(guest.getByRole('alert')).toBeHidden();
    await field.pressSequentially(pin.slice(1));
    expect(await standsInRoom(guest)).toBe(pin);
  });
}

/** Waits until the page is alive: then it corrects what stands in the field. */
async function isAwake(page: Page): Promise<void> {
  await page.waitForFunction(() => (window as unknown as { snapdrop?: { awake: boolean } }).snapdrop?.awake === true);
}

test('a browser that blocks cookies is told so, and nobody is left in the room', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const blocked = 'This browser blocks cookies';
  const guest = await device('iPhone');
  await guest.addInitScript(() => Object.defineProperty(Navigator.prototype, 'cookieEnabled', { get: () => false }));
  await guest.goto(`/join/${pin}`);
  await isAwake(guest);
  await guest.getByRole('button', { name: 'Join' }).click();
  await expect(guest.getByRole('alert')).toContainText(blocked);
  await expect(memberRows(owner)).toHaveCount(1);

  // This browser says nothing, but its cookies do not arrive.
  const silent = await device('androidPhone', { noise: answered(401, /\/api\/rooms\/\d+$/) });
  await silent.route('**/api/rooms/**', async (route) => {
    const response = await route.fetch();
    const headers = response.headers();
    delete headers['set-cookie'];
    // Playwright has kept the cookie, and the next request of the page comes at once.
    await silent.context().clearCookies();
    await route.fulfill({ response, headers });
  });
  await silent.goto(`/join/${pin}`);
  await isAwake(silent);
  await silent.getByRole('button', { name: 'Join' }).click();
  await expect(silent.getByRole('alert')).toContainText(blocked);
  await reloadRoom(owner);
  await expect(memberRows(owner)).toHaveCount(1);
});

test('the rooms of a browser are listed with their files and when they were opened', async ({ device }) => {
  const owner = await device('desktop');
  await createRoom(owner);
  await owner.getByLabel('Add files').setInputFiles([1, 2, 3].map((at) => ({ name: `${at}.txt`, mimeType: 'text/plain', buffer: Buffer.from('x') })));
  await expect(fileRows(owner)).toHaveCount(3);
  await owner.goto('/');
  await expect(owner.getByRole('navigation', { name: 'Your rooms' }).getByRole('listitem')).toHaveText(/3 files · opened \d{1,2}:\d\d/);
});
