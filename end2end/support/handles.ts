// Files that a page can open again on a later visit: handles of the browser's own file system, handed
// out by a picker that the test answers.

import type { Page } from '@playwright/test';

import type { Sample } from './samples';

/** What the browser says when it is asked whether a file may be read. */
export type Permission = 'granted' | 'prompt' | 'denied';

/** What the init scripts keep on the page. */
interface Picker {
  picked: string[];
  options: unknown;
}

interface Asking {
  permissionsAsked: number;
}

/** Answers the picker with handles, on this page and after every reload. Closed without a choice until `willPick` told one. */
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

/** Takes the picker away that gives handles, as in Firefox and Safari. */
export async function hasNoPickerOfHandles(page: Page): Promise<void> {
  await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'showOpenFilePicker'));
}

/** Makes the browser ask before a kept file is read again, on every later page; the person answers like this. */
export async function asksBeforeReading(page: Page, answer: Permission): Promise<void> {
  await page.addInitScript((answer) => {
    (globalThis as unknown as Asking).permissionsAsked = 0;
    Object.assign(FileSystemFileHandle.prototype, {
      queryPermission: async () => 'prompt',
      requestPermission: async () => {
        (globalThis as unknown as Asking).permissionsAsked += 1;
        // Only a gesture may raise the question.
        return navigator.userActivation.isActive ? answer : 'denied';
      },
    });
  }, answer);
}

/** How often the page has asked for permission. */
export async function permissionsAsked(page: Page): Promise<number> {
  return page.evaluate(() => (globalThis as unknown as Asking).permissionsAsked);
}

/** Writes files where the browser has handles for them. */
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

/** What the picker answers with from now on. */
export async function willPick(page: Page, ...samples: Pick<Sample, 'path' | 'name'>[]): Promise<void> {
  await putIntoBrowser(page, ...samples);
  await page.evaluate((names) => {
    (globalThis as unknown as { picker: Picker }).picker.picked = names;
  }, samples.map(({ name }) => name));
}

/** What the page asked the picker for the last time. */
export async function pickerOptions(page: Page): Promise<unknown> {
  return page.evaluate(() => (globalThis as unknown as { picker: Picker }).picker.options);
}

/** Picks files through "Add files", with handles. */
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
