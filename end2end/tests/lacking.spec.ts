// Tests browsers that lack what others have: each feature has its way without, and the main job is done all the same.

import type { Page } from '@playwright/test';

import { addFiles, closeRoom, createRoom, download, dropFiles, fileRow, joinRoom, pasteFiles, reloadRoom } from '../support/room';
import { MIB, sample, sha256Of } from '../support/samples';
import { type StartDevice, expect, test } from '../support/test';

/** What takes a feature away from a page, as browsers lack it that people have. */
const LACKING: Record<string, () => void> = {
  // Safari.
  'no reader of bytes into a buffer of its own': () => {
    const getReader = ReadableStream.prototype.getReader as (options?: { mode?: string }) => ReadableStreamDefaultReader;
    Object.assign(ReadableStream.prototype, {
      getReader(this: ReadableStream, options?: { mode?: string }) {
        if (options?.mode === 'byob') throw new TypeError('getReader does not take a mode');
        return getReader.call(this, options);
      },
    });
    Reflect.deleteProperty(window, 'ReadableStreamBYOBReader');
  },
  // Safari and Firefox.
  'no access to the file system': () => {
    for (const name of ['showOpenFilePicker', 'showDirectoryPicker', 'showSaveFilePicker', 'FileSystemHandle']) Reflect.deleteProperty(window, name);
    Reflect.deleteProperty(DataTransferItem.prototype, 'getAsFileSystemHandle');
  },
  // Safari and Firefox.
  'no request with a stream as its body': () => {
    const fetched = window.fetch;
    window.fetch = (input, init) => {
      if (init?.body instanceof ReadableStream) throw new TypeError('a stream is no body');
      return fetched(input, init);
    };
  },
  // Firefox, and Safari unless the app is installed.
  'no badge': () => {
    for (const name of ['setAppBadge', 'clearAppBadge']) Reflect.deleteProperty(Navigator.prototype, name);
  },
  // Safari.
  'no idle time and no priorities': () => {
    for (const name of ['requestIdleCallback', 'cancelIdleCallback', 'scheduler']) Reflect.deleteProperty(window, name);
  },
  // Pages without TLS.
  'no lock on the screen, no clipboard, no sharing and no notifications': () => {
    for (const name of ['wakeLock', 'clipboard', 'share', 'canShare']) Reflect.deleteProperty(Navigator.prototype, name);
    Reflect.deleteProperty(window, 'Notification');
  },
};

for (const [lack, takeAway] of Object.entries(LACKING)) {
  test(`the main job is done with ${lack}`, async ({ device }, info) => {
    await mainJob(device, (page) => page.addInitScript(takeAway), await sample(info, 'film.mov', 9 * MIB));
  });
}

test('the main job is done by a browser that lacks all of them', async ({ device }, info) => {
  const takeAll = async (page: Page) => {
    for (const takeAway of Object.values(LACKING)) await page.addInitScript(takeAway);
  };
  await mainJob(device, takeAll, await sample(info, 'film.mov', 9 * MIB));
});

async function mainJob(device: StartDevice, takeAway: (page: Page) => Promise<unknown>, film: Awaited<ReturnType<typeof sample>>): Promise<void> {
  const [owner, guest] = [await device('desktop'), await device('iPhone')];
  await Promise.all([takeAway(owner), takeAway(guest)]);
  await joinRoom(guest, await createRoom(owner));
  await addFiles(owner, film.path);
  await dropFiles(owner, [{ name: 'dropped.txt', text: 'dropped' }]);
  await pasteFiles(owner, [{ name: 'pasted.txt', text: 'pasted' }]);
  for (const name of [film.name, 'dropped.txt', 'pasted.txt']) await expect(fileRow(guest, name)).toHaveAttribute('data-state', 'complete');
  expect(await sha256Of(await download(guest, fileRow(guest, film.name)))).toBe(film.sha256);
  await expect(fileRow(owner, film.name)).toContainText('1 has it');
  await reloadRoom(owner);
  await closeRoom(owner);
  await expect(guest.getByRole('heading', { name: /closed/ })).toBeVisible();
}
