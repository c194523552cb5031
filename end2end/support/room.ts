// What a user does on SnapDrop's pages, and the elements of the pages that tests look at.

import { type Download, type Locator, type Page, expect } from '@playwright/test';

/** The end of the address of a room's page, with its PIN. */
const ROOM_PAGE = /\/r\/(\d{6,})$/;

/** The button of this name. */
export function button(where: Page | Locator, name: string): Locator {
  return where.getByRole('button', { name, exact: true });
}

/** Opens a room from the first page and returns its PIN. */
export async function createRoom(page: Page): Promise<string> {
  await page.goto('/');
  await page.getByRole('button', { name: 'Create room' }).click();
  return standsInRoom(page);
}

/** Joins a room from the first page; the page joins as soon as the last digit of the PIN is typed. */
export async function joinRoom(page: Page, pin: string): Promise<void> {
  await page.goto('/');
  await joinsWith(page, pin);
}

/** Joins a room from the first page, which is open. */
export async function joinsWith(page: Page, pin: string): Promise<void> {
  await page.getByRole('textbox', { name: 'PIN' }).fill(pin);
  expect(await standsInRoom(page)).toBe(pin);
}

/** Waits for the room's page to be live and returns the PIN in its address. */
export async function standsInRoom(page: Page): Promise<string> {
  await page.waitForURL(ROOM_PAGE);
  await expect(ownRow(page)).toContainText('Connected');
  return ROOM_PAGE.exec(page.url())?.[1] ?? '';
}

/** Loads the room's page again and waits until it is hydrated. The page opens its WebSocket last, so this waits for that;
 *  the member's row would not do, since the server's HTML already shows it as connected. */
export async function reloadRoom(page: Page): Promise<void> {
  await page.reload();
  await expect(page.locator('.link-status')).toHaveAttribute('data-state', 'live');
  await standsInRoom(page);
}

/** The rows of all members. */
export function memberRows(page: Page): Locator {
  return page.getByRole('list', { name: 'Members' }).getByRole('listitem');
}

/** The row of the member whose page this is. */
export function ownRow(page: Page): Locator {
  return memberRows(page).filter({ has: page.getByText('you', { exact: true }) });
}

/** The row of the only member who is neither the owner nor the member whose page this is. */
export function guestRow(page: Page): Locator {
  return memberRows(page)
    .filter({ hasNot: page.getByText('you', { exact: true }) })
    .filter({ hasNot: page.getByText('owner', { exact: true }) });
}

/** The owner's row. */
export function ownerRow(page: Page): Locator {
  return memberRows(page).filter({ has: page.getByText('owner', { exact: true }) });
}

/** The row of the member with this name. */
export function memberRow(page: Page, name: string): Locator {
  return memberRows(page).filter({ has: page.getByText(name, { exact: true }) });
}

/** Renames the member whose page this is. */
export async function renameSelf(page: Page, name: string): Promise<void> {
  await ownRow(page).getByRole('button', { name: 'Rename' }).click();
  await page.getByRole('textbox', { name: 'Your name' }).fill(name);
  await page.getByRole('button', { name: 'Save' }).click();
}

/** The rows of all files. */
export function fileRows(page: Page): Locator {
  return page.getByRole('list', { name: 'Files' }).getByRole('listitem');
}

/** The row of the file with this name. */
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

/** A file that a test creates inside the page, without one on the disk. */
export interface HeldFile {
  name: string;
  text: string;
}

/** Waits until the page accepts drops, which shows that its script runs. */
export async function takesDrops(page: Page): Promise<void> {
  await expect.poll(() => takesDropsNow(page)).toBe(true);
}

/** Whether the page accepts drops: like a browser, this sends a `dragover` and sees whether the page cancels it. */
export async function takesDropsNow(page: Page): Promise<boolean> {
  return page.evaluate(() => !document.body.dispatchEvent(new DragEvent('dragover', { bubbles: true, cancelable: true })));
}

/** Drags files over the page, or away from it again. */
export async function drag(page: Page, type: 'dragover' | 'dragleave'): Promise<void> {
  await page.evaluate((type) => document.body.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true })), type);
}

/** Drops files on the page. */
export async function dropFiles(page: Page, files: HeldFile[]): Promise<void> {
  await takesDrops(page);
  await hand(page, files, 'drop');
}

/** Drops a file from the disk on the page. */
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

/** Starts the download of a file with the link in its row. */
export async function download(page: Page, row: Locator): Promise<Download> {
  const [started] = await Promise.all([page.waitForEvent('download'), row.getByRole('link', { name: /^(Download|Saved)/ }).click()]);
  return started;
}

/** The percentage in a row such as "Arriving 43 %"; `NaN` if the file is not arriving. */
export async function arrivedPercent(row: Locator): Promise<number> {
  const words = /Arriving (\d+) %/.exec(await row.innerText());
  return words === null ? Number.NaN : Number(words[1]);
}

/** Closes the room and confirms it in the dialog. */
export async function closeRoom(page: Page): Promise<void> {
  // Where everyone has everything, another button of this name is near the top.
  await page.getByRole('complementary').getByRole('button', { name: 'Close room' }).click();
  const question = page.getByRole('dialog', { name: 'Close this room?' });
  await question.getByRole('button', { name: 'Close room' }).click();
}

/** Makes the page believe that its tab is in the background, or visible again. */
export async function setVisible(page: Page, visible: boolean): Promise<void> {
  await page.evaluate((state) => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
    document.dispatchEvent(new Event('visibilitychange'));
  }, visible ? 'visible' : 'hidden');
}

/** The bar with the progress of this browser's uploads. */
export function uploadBar(page: Page): Locator {
  return page.getByRole('region', { name: 'Your uploads' });
}

/** The region with the files whose upload an earlier visit did not finish. */
export function unfinishedFiles(page: Page): Locator {
  return page.getByRole('region', { name: 'Unfinished files' });
}

/** Opens everything about a file, and returns the dialog. */
export async function detailsOf(page: Page, name: string): Promise<Locator> {
  await fileRow(page, name).getByRole('button', { name: 'Details' }).click();
  return page.getByRole('dialog', { name });
}

/** Removes a file, as the owner does. */
export async function removeFile(page: Page, name: string): Promise<void> {
  const details = await detailsOf(page, name);
  await details.getByRole('button', { name: 'Remove' }).click();
  await expect(details).toBeHidden();
}

/** The link to the archive with all files. */
export function downloadAll(page: Page): Locator {
  return page.getByRole('link', { name: /^Download all · / });
}

/** Unfolds every folder of the list. */
export async function unfoldAll(page: Page): Promise<void> {
  const folded = page.locator('details.folder:not([open]) > summary');
  await expect(page.locator('details.folder').first()).toBeAttached();
  while ((await folded.count()) > 0) await folded.first().click();
}

/** Opens the preview of a complete file by its button or, on a small screen, by its row. */
export async function lookAt(row: Locator, preview = 'Preview'): Promise<void> {
  await expect(row).toHaveAttribute('data-state', 'complete');
  const button = row.getByRole('button', { name: preview });
  if (await button.isVisible()) await button.click();
  else await row.locator('.file-text').click();
}
