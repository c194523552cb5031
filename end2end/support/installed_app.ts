// Finds the parts of the installed app: its service worker, and the files that other programs share with it.

import { type Locator, type Page, expect } from '@playwright/test';

/** Waits until the service worker controls the page. */
export async function hasWorker(page: Page): Promise<void> {
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller?.state)).toBe('activated');
}

/** The region with the files and texts that other programs have shared with the app. */
export function shared(page: Page): Locator {
  return page.getByRole('region', { name: 'Shared with SnapDrop' });
}
