// Takes the pictures of the README and of the manifest from the running program:
//   npx playwright test --project=screenshots
// They are written to the folder that SCREENSHOTS names, or else to test-results/screenshots.

import { join } from 'node:path';

import type { Page } from '@playwright/test';

import type { DeviceName } from '../support/devices';
import { drawPicture } from '../support/drawing';
import { addFiles, arrivedPercent, closeRoom, createRoom, fileRow, joinRoom, memberRow, memberRows, renameSelf } from '../support/room';
import { MIB, sample } from '../support/samples';
import { expect, test } from '../support/test';
import { FOLDER } from './gallery';
import { sideBySide } from './side_by_side';

const FILM = 'IMG_4402 harbour at dawn.mov';

test.describe.configure({ mode: 'serial' });

const sharp = { context: { deviceScaleFactor: 2 } };

test('the first page', async ({ device }) => {
  const desktop = await device('desktop', sharp);
  await desktop.goto('/');
  await picture(desktop, 'home-desktop');
  const phone = await device('iPhone', sharp);
  await phone.goto('/');
  await picture(phone, 'home-phone');
});

test('the way in', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const phone = await device('iPhone', sharp);
  await phone.goto(`/join/${pin}`);
  await phone.getByRole('textbox', { name: 'Your name' }).fill('Noor');
  await picture(phone, 'join-phone');
});

test('the pictures that the manifest names', async ({ device }, info) => {
  const owner = await device('desktop', { context: { viewport: { width: 1280, height: 800 } } });
  const pin = await createRoom(owner);
  const phone = await device('desktop', { context: { viewport: { width: 390, height: 844 } } });
  await joinRoom(phone, pin);
  await renameSelf(phone, 'Noor');
  for (const name of ['Lecture 7, signals.pdf', 'Team photo, Lisbon.jpg']) {
    await addFiles(owner, (await sample(info, name, 3 * MIB)).path);
    await expect(fileRow(phone, name)).toHaveAttribute('data-state', 'complete');
  }
  await expect(memberRow(owner, 'Noor')).toBeVisible();
  await picture(owner, 'screenshot-wide');
  await phone.evaluate(() => scrollTo(0, 0));
  await picture(phone, 'screenshot-narrow');
});

test('the room, and its end', async ({ browser, server, cable, device }, info) => {
  const owner = await device('desktop', { ...sharp, address: cable.address });
  const pin = await createRoom(owner);
  await renameSelf(owner, 'Amber Heron');
  const phone = await guest('iPhone', 'Noor');
  const tablet = await guest('androidTablet', 'Library tablet');
  await expect(memberRows(owner)).toHaveCount(3);
  await expect(memberRow(owner, 'Library tablet')).toBeVisible();

  const photo = { name: 'Team photo, Lisbon.png', mimeType: 'image/png', buffer: await drawPicture(owner, 1200, 900) };
  const papers = [['Lecture 7, signals.pdf', 3.4], ['Budget 2027.xlsx', 0.05]] as const;
  for (const [name, size] of papers) await addFiles(owner, (await sample(info, name, Math.round(size * MIB))).path);
  await owner.getByLabel('Add files').setInputFiles(photo);
  for (const name of [...papers.map(([name]) => name), photo.name]) await expect(fileRow(phone, name)).toHaveAttribute('data-state', 'complete');
  await expect(fileRow(phone, photo.name).locator('img')).toBeVisible();
  const film = await sample(info, FILM, 84 * MIB);
  cable.allowUpload(52 * MIB);
  await addFiles(owner, film.path);
  // Chunks of 4, 4, 8 and 16 MiB have arrived; the fifth is on its way.
  await expect.poll(() => arrivedPercent(fileRow(phone, FILM))).toBeGreaterThan(56);
  await expect.poll(() => arrivedPercent(fileRow(owner, FILM))).toBeGreaterThan(56);

  await picture(owner, 'room-desktop-light', true);
  await owner.emulateMedia({ colorScheme: 'dark' });
  await picture(owner, 'room-desktop-dark', true);
  await owner.emulateMedia({ colorScheme: 'light' });
  await phone.evaluate(() => scrollTo(0, 0));
  await picture(phone, 'room-phone');
  await sideBySide(browser, join(FOLDER, 'room-desktop-light.png'), join(FOLDER, 'room-phone.png'), join(FOLDER, 'room.png'));
  await picture(tablet, 'room-tablet');
  await owner.getByRole('button', { name: 'Show QR' }).click();
  await expect(owner.getByRole('img', { name: /^QR code/ })).toBeVisible();
  await picture(owner, 'qr-desktop');
  await owner.getByRole('button', { name: 'Done' }).click();

  cable.allowEverything();
  await expect(fileRow(phone, FILM)).toHaveAttribute('data-state', 'complete', { timeout: 30_000 });
  await closeRoom(owner);
  await expect(phone.getByRole('heading', { name: 'This room is closed.' })).toBeVisible();
  await picture(owner, 'closed-desktop');
  await picture(phone, 'closed-phone');
  expect(await server.storedFiles()).toEqual([]);

  async function guest(kind: DeviceName, name: string): Promise<Page> {
    const page = await device(kind, sharp);
    await joinRoom(page, pin);
    await renameSelf(page, name);
    return page;
  }
});

async function picture(page: Page, name: string, whole = false): Promise<void> {
  // A picture shows no focus, no hovered element, no animation and no caret.
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await page.mouse.move(0, 0);
  await page.screenshot({ path: join(FOLDER, `${name}.png`), animations: 'disabled', caret: 'hide', fullPage: whole });
}
