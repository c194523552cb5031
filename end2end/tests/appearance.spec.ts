// Tests what holds for every page: it fits the screen, follows the system's theme, and loads nothing from other origins.

import type { Locator, Page } from '@playwright/test';

import { addFiles, closeRoom, createRoom, dropFiles, fileRow, fileRows, joinRoom, reloadRoom, standsInRoom, unfinishedFiles, uploadBar } from '../support/room';
import { MIB, sample } from '../support/samples';
import { CUT_OFF, answered, expect, test } from '../support/test';

test('no page is wider than a screen of 320 pixels', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  await dropFiles(owner, [
    { name: `${'unbreakable'.repeat(20)}.txt`, text: 'a' },
    { name: `${'🦊'.repeat(60)}.jpg`, text: 'b' },
    { name: 'Lecture 7, signals and systems, second part.pdf', text: 'c' },
  ]);
  await expect(fileRows(owner)).toHaveCount(3);

  const narrow = { context: { viewport: { width: 320, height: 640 } }, noise: answered(404, /./) };
  const guest = await device('iPhone', narrow);
  for (const path of ['/', `/join/${pin}`, '/nowhere']) {
    await guest.goto(path);
    await fitsInto(guest, 320);
  }
  await guest.goto(`/join/${pin}`);
  await guest.getByRole('textbox', { name: 'Your name' }).fill('W'.repeat(40));
  await guest.getByRole('button', { name: 'Join' }).click();
  await standsInRoom(guest);
  await expect(fileRows(guest)).toHaveCount(3);
  await fitsInto(guest, 320);

  const narrowOwner = await device('iPhone', narrow);
  await createRoom(narrowOwner);
  await dropFiles(narrowOwner, [{ name: `${'unbreakable'.repeat(20)}.txt`, text: 'a' }]);
  await expect(fileRows(narrowOwner)).toHaveAttribute('data-state', 'complete');
  await fitsInto(narrowOwner, 320);
  await narrowOwner.getByRole('button', { name: 'Rename' }).click();
  await fitsInto(narrowOwner, 320);
  await closeRoom(narrowOwner);
  await expect(narrowOwner.getByRole('heading', { name: 'This room is closed.' })).toBeVisible();
  await fitsInto(narrowOwner, 320);
});

test('the lines about uploads are not wider than a screen of 320 pixels, and large enough for a finger', async ({ cable, device }, info) => {
  const owner = await device('iPhone', { address: cable.address, noise: CUT_OFF, context: { viewport: { width: 320, height: 640 } } });
  await createRoom(owner);
  const films = await Promise.all(['one.mov', `${'unbreakable'.repeat(20)}.mov`].map((name) => sample(info, name, 10 * MIB)));
  cable.allowBurst(0);
  await addFiles(owner, ...films.map(({ path }) => path));
  await fileRow(owner, 'one.mov').getByRole('button', { name: 'Pause' }).click();
  for (const name of ['Pause all', 'Resume all', 'Cancel all']) await expectFingerSized(uploadBar(owner).getByRole('button', { name }));
  await fitsInto(owner, 320);
  await owner.reload();
  await expect(unfinishedFiles(owner)).toContainText('2 files unfinished.');
  await expectFingerSized(unfinishedFiles(owner).getByText('Choose the files again'));
  await fitsInto(owner, 320);
});

test('what can be pressed on a phone is large enough for a finger', async ({ device }, info) => {
  const owner = await device('iPhone');
  await createRoom(owner);
  await addFiles(owner, (await sample(info, 'a.txt', 10)).path);
  await expect(fileRow(owner, 'a.txt')).toHaveAttribute('data-state', 'complete');
  const targets = owner.getByRole('button').or(fileRow(owner, 'a.txt').getByRole('link'));
  for (const target of await targets.filter({ visible: true }).all()) {
    const name = await target.innerText();
    const box = await target.boundingBox();
    // This is the smallest size in WCAG 2.2, success criterion 2.5.8. Hidden elements are exempt, such as the field behind
    // "Add files", whose label is pressed instead.
    if (box !== null && box.width > 1) expect(Math.min(box.width, box.height), name).toBeGreaterThanOrEqual(24);
  }
});

test('pages follow the theme of the system', async ({ device }) => {
  const owner = await device('desktop');
  await createRoom(owner);
  await expect.poll(() => paperAndInk(owner)).toEqual({ paper: 'light', ink: 'dark' });
  await owner.emulateMedia({ colorScheme: 'dark' });
  await expect.poll(() => paperAndInk(owner)).toEqual({ paper: 'dark', ink: 'light' });
  await owner.goto('/');
  await expect.poll(() => paperAndInk(owner)).toEqual({ paper: 'dark', ink: 'light' });
});

test('every address that a page names answers', async ({ device }) => {
  const owner = await device('desktop');
  await owner.goto('/');
  const addresses = await owner.locator('link[href], script[src], img[src]').evaluateAll((elements) => elements.map((element) => (element as HTMLLinkElement).href || (element as HTMLImageElement).src));
  expect(addresses.length).toBeGreaterThan(3);
  const manifest = addresses.find((address) => address.includes('.webmanifest')) ?? '';
  const { icons = [] } = (await (await owner.request.get(manifest)).json()) as { icons?: { src: string }[] };
  for (const address of [...addresses, ...icons.map(({ src }) => new URL(src, manifest).href)]) {
    expect((await owner.request.get(address)).status(), address).toBe(200);
  }
});

test('an address that leads nowhere says so and shows the way home', async ({ device }) => {
  const visitor = await device('desktop', { noise: answered(404, /\/nowhere$/) });
  const page = await visitor.goto('/nowhere');
  expect(page?.status()).toBe(404);
  await expect(visitor.getByRole('heading', { name: 'There is nothing at this address.' })).toBeVisible();
  await visitor.getByRole('link', { name: 'Back to start' }).click();
  await expect(visitor.getByRole('button', { name: 'Create room' })).toBeVisible();
});

test('a whole visit asks no other origin for anything and breaks no content policy', async ({ server, device }, info) => {
  const owner = await device('desktop');
  const hosts = new Set<string>();
  const breaches: string[] = [];
  owner.on('request', (request) => hosts.add(new URL(request.url()).host));
  owner.on('websocket', (socket) => hosts.add(new URL(socket.url()).host));
  await owner.exposeFunction('breach', (what: string) => breaches.push(what));
  await owner.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      (globalThis as unknown as { breach(what: string): void }).breach(`${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  const pin = await createRoom(owner);
  await addFiles(owner, (await sample(info, 'a.txt', 10)).path);
  const guest = await device('iPhone');
  guest.on('request', (request) => hosts.add(new URL(request.url()).host));
  await joinRoom(guest, pin);
  await expect(fileRow(guest, 'a.txt')).toHaveAttribute('data-state', 'complete');
  await owner.getByRole('button', { name: 'Show QR' }).click();
  await owner.getByRole('button', { name: 'Done' }).click();
  await reloadRoom(owner);
  await closeRoom(owner);
  await expect(guest.getByRole('heading', { name: 'This room is closed.' })).toBeVisible();

  expect([...hosts]).toEqual([server.host]);
  expect(breaches).toEqual([]);
});

async function expectFingerSized(target: Locator): Promise<void> {
  await expect(target).toBeVisible();
  const { width, height } = (await target.boundingBox()) ?? { width: 0, height: 0 };
  expect(Math.min(width, height)).toBeGreaterThanOrEqual(24);
}

async function fitsInto(page: Page, width: number): Promise<void> {
  const overflow = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return { tooWide: scrollWidth - clientWidth, innerWidth: globalThis.innerWidth };
  });
  expect(overflow, page.url()).toEqual({ tooWide: 0, innerWidth: width });
}

/** Whether the page's background and its text are light or dark. */
async function paperAndInk(page: Page): Promise<{ paper: string; ink: string }> {
  return page.evaluate(() => {
    const tone = (colour: string) => {
      const [red, green, blue] = (colour.match(/[\d.]+/g) ?? []).map(Number);
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 128 ? 'light' : 'dark';
    };
    const ground = getComputedStyle(document.documentElement).backgroundColor;
    return { paper: tone(ground), ink: tone(getComputedStyle(document.querySelector('main') ?? document.body).color) };
  });
}
