// Replaces the browser's file picker with one whose choice a test decides. It returns handles of files in the browser's
// own file system (OPFS), which a page can keep and read again on a later visit.

import type { Page } from '@playwright/test';

import type { Sample } from './samples';

/** The state of a page's permission to read a file. */
export type Permission = 'granted' | 'prompt' | 'denied';

/** What the init script of the picker keeps on the page. */
interface Picker {
  picked: string[];
  options: unknown;
}

interface Asking {
  permissionsAsked: number;
}

/** Installs a picker that returns handles, for every page that this tab loads. It behaves like a picker that was cancelled
 *  until `willPick` says which files are chosen. */
export async function hasPickerOfHandles(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const picker: Picker = { picked: [], options: undefined };
    Object.assign(globalThis, {
      picker,
      showOpenFilePicker: async (options: unknown) => {
        picker.options = options;
        if (picker.picked.length === 0) throw new DOMException('The user aborted a request.', 'AbortError');
        const folder = await navigator.storage.getDirectory();
        return Promise.all(picker.picked.map((name) => folder.getFileHandle(name)));
      },
    });
  });
}

/** Removes the picker that returns handles, as in Firefox and Safari. */
export async function hasNoPickerOfHandles(page: Page): Promise<void> {
  await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'showOpenFilePicker'));
}

/** Makes every page that is loaded from now on ask before it reads a kept file again; `answer` is the user's answer. */
export async function asksBeforeReading(page: Page, answer: Permission): Promise<void> {
  await page.addInitScript((answer) => {
    (globalThis as unknown as Asking).permissionsAsked = 0;
    Object.assign(FileSystemFileHandle.prototype, {
      queryPermission: async () => 'prompt',
      requestPermission: async () => {
        (globalThis as unknown as Asking).permissionsAsked += 1;
        // A browser asks only during a user gesture.
        return navigator.userActivation.isActive ? answer : 'denied';
      },
    });
  }, answer);
}

/** How often the page has asked for permission. */
export async function permissionsAsked(page: Page): Promise<number> {
  return page.evaluate(() => (globalThis as unknown as Asking).permissionsAsked);
}

/** Copies files into the browser's own file system, where it has handles for them. */
export async function putIntoBrowser(page: Page, ...samples: Pick<Sample, 'path' | 'name'>[]): Promise<void> {
  const field = await page.evaluateHandle(() => Object.assign(document.createElement('input'), { type: 'file', multiple: true }));
  await field.setInputFiles(samples.map(({ path }) => path));
  await field.evaluate(async (field) => {
    const folder = await navigator.storage.getDirectory();
    for (const file of field.files ?? []) {
      const handle = await folder.getFileHandle(file.name, { create: true });
      await file.stream().pipeTo(await handle.createWritable());
    }
  });
}

/** Makes the picker return these files from now on. */
export async function willPick(page: Page, ...samples: Pick<Sample, 'path' | 'name'>[]): Promise<void> {
  await putIntoBrowser(page, ...samples);
  await page.evaluate((names) => {
    (globalThis as unknown as { picker: Picker }).picker.picked = names;
  }, samples.map(({ name }) => name));
}

/** The options that the page opened the picker with the last time. */
export async function pickerOptions(page: Page): Promise<unknown> {
  return page.evaluate(() => (globalThis as unknown as { picker: Picker }).picker.options);
}

/** Picks files with the button "Add files", which then get handles. */
export async function pickWithHandles(page: Page, ...samples: Pick<Sample, 'path' | 'name'>[]): Promise<void> {
  await willPick(page, ...samples);
  await page.getByText('Add files', { exact: true }).click();
}

/** The keys of the handles that the browser keeps for this server. */
export async function keptHandles(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const opening = indexedDB.open('snapdrop');
    const done = <T>(request: IDBRequest<T>) => new Promise<T>((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: () => reject(request.error) }));
    const database = await done(opening);
    const keys = await done(database.transaction('handles').objectStore('handles').getAllKeys());
    database.close();
    return keys.map(String);
  });
}
