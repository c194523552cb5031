// What people do in SnapDrop, and where on the page they look.

import { type Download, type Locator, type Page, expect } from '@playwright/test';

/** The end of the PIN's page. */
const ROOM_PAGE = /\/r\/(\d{6})$/;

/** Opens a room from the first page and returns its PIN. */
export async function createRoom(page: Page): Promise<string> {
  await page.goto('/');
  await page.getByRole('button', { name: 'Create room' }).click();
  return standsInRoom(page);
}

/** Takes a seat with the PIN, from the first page: its last digit is enough. */
export async function joinRoom(page: Page, pin: string): Promise<void> {
  await page.goto('/');
  await page.getByRole('textbox', { name: 'PIN' }).fill(pin);
  expect(await standsInRoom(page)).toBe(pin);
}

/** Waits for the room's page to be live and returns the PIN in its address. */
export async function standsInRoom(page: Page): Promise<string> {
  await page.waitForURL(ROOM_PAGE);
  await expect(ownRow(page)).toContainText('Connected');
  return ROOM_PAGE.exec(page.url())?.[1] ?? '';
}

/** Loads the room's page again and waits until it is alive: its socket opens last, but the server paints it as connected. */
export async function reloadRoom(page: Page): Promise<void> {
  const alive = page.waitForEvent('websocket');
  await page.reload();
  await alive;
  await standsInRoom(page);
}

/** Every seat of the room. */
export function memberRows(page: Page): Locator {
  return page.getByRole('list', { name: 'Members' }).getByRole('listitem');
}

/** The seat of whoever looks at the page. */
export function ownRow(page: Page): Locator {
  return memberRows(page).filter({ has: page.getByText('you', { exact: true }) });
}

/** The one seat that is neither the owner's nor the reader's. */
export function guestRow(page: Page): Locator {
  return memberRows(page)
    .filter({ hasNot: page.getByText('you', { exact: true }) })
    .filter({ hasNot: page.getByText('owner', { exact: true }) });
}

/** The owner's seat. */
export function ownerRow(page: Page): Locator {
  return memberRows(page).filter({ has: page.getByText('owner', { exact: true }) });
}

/** The seat of somebody with this name. */
export function memberRow(page: Page, name: string): Locator {
  return memberRows(page).filter({ has: page.getByText(name, { exact: true }) });
}

/** Takes another name. */
export async function renameSelf(page: Page, name: string): Promise<void> {
  await ownRow(page).getByRole('button', { name: 'Rename' }).click();
  await page.getByRole('textbox', { name: 'Your name' }).fill(name);
  await page.getByRole('button', { name: 'Save' }).click();
}

/** Every file of the room. */
export function fileRows(page: Page): Locator {
  return page.getByRole('list', { name: 'Files' }).getByRole('listitem');
}

/** The file with this name. */
export function fileRow(page: Page, name: string): Locator {
  return fileRows(page).filter({ has: page.getByText(name, { exact: true }) });
}

/** Picks files from the disk of the owner's device. */
export async function addFiles(page: Page, ...paths: string[]): Promise<void> {
  await page.getByLabel('Add files').setInputFiles(paths);
}

/** Picks unfinished files again, from the disk of the owner's device. */
export async function chooseAgain(page: Page, ...paths: string[]): Promise<void> {
  await unfinishedFiles(page).getByLabel(/^Choose the files? again$/).setInputFiles(paths);
}

/** A file that exists only in a page. */
export interface HeldFile {
  name: string;
  text: string;
}

/** Waits until the page takes drops, asked as the browser would ask it: then its script is at work. */
export async function takesDrops(page: Page): Promise<void> {
  await expect.poll(() => takesDropsNow(page)).toBe(true);
}

/** Whether it does. */
export async function takesDropsNow(page: Page): Promise<boolean> {
  return page.evaluate(() => !document.body.dispatchEvent(new DragEvent('dragover', { bubbles: true, cancelable: true })));
}

/** Drops files on the page. */
export async function dropFiles(page: Page, files: HeldFile[]): Promise<void> {
  await takesDrops(page);
  await hand(page, files, 'drop');
}

/** Drops a file from the disk of this device on the page. */
export async function dropFromDisk(page: Page, path: string): Promise<void> {
  await takesDrops(page);
  const field = await page.evaluateHandle(() => Object.assign(document.createElement('input'), { type: 'file' }));
  await field.setInputFiles(path);
  await field.evaluate((field) => {
    const transfer = new DataTransfer();
    for (const file of field.files ?? []) transfer.items.add(file);
    document.body.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: transfer }));
  });
}

/** Pastes files into the page. */
export async function pasteFiles(page: Page, files: HeldFile[]): Promise<void> {
  await hand(page, files, 'paste');
}

async function hand(page: Page, files: HeldFile[], how: 'drop' | 'paste'): Promise<void> {
  await page.evaluate(
    ({ files, how }) => {
      const transfer = new DataTransfer();
      for (const { name, text } of files) transfer.items.add(new File([text], name));
      const options = { bubbles: true, cancelable: true };
      const event =
        how === 'drop' ? new DragEvent('drop', { ...options, dataTransfer: transfer }) : new ClipboardEvent('paste', { ...options, clipboardData: transfer });
      document.body.dispatchEvent(event);
    },
    { files, how },
  );
}

/** Follows the link of a file's row. */
export async function download(page: Page, row: Locator): Promise<Download> {
  const [started] = await Promise.all([page.waitForEvent('download'), row.getByRole('link', { name: 'Download' }).click()]);
  return started;
}

/** How much of a file has arrived, as its row says: "Arriving 43 %". */
export async function arrivedPercent(row: Locator): Promise<number> {
  const words = /Arriving (\d+) %/.exec(await row.innerText());
  return words === null ? Number.NaN : Number(words[1]);
}

/** Ends the room: asks for it, and answers the question. */
export async function closeRoom(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Close room' }).click();
  const question = page.getByRole('dialog', { name: 'Are you sure?' });
  await question.getByRole('button', { name: 'Close room' }).click();
}

/** Puts the tab into the background or brings it back, as far as the page can tell. */
export async function setVisible(page: Page, visible: boolean): Promise<void> {
  await page.evaluate((state) => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
    document.dispatchEvent(new Event('visibilitychange'));
  }, visible ? 'visible' : 'hidden');
}

/** The line about everything that this browser sends. */
export function uploadBar(page: Page): Locator {
  return page.getByRole('region', { name: 'Your uploads' });
}

/** The line about files that an earlier visit did not finish. */
export function unfinishedFiles(page: Page): Locator {
  return page.getByRole('region', { name: 'Unfinished files' });
}
