// The app as the system knows it: its worker, and what other programs hand to it.

import { type Locator, type Page, expect } from '@playwright/test';

/** Waits until the service worker answers for the page. */
export async function hasWorker(page: Page): Promise<void> {
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller?.state)).toBe('activated');
}

/** What came from outside the page. */
export function shared(page: Page): Locator {
  return page.getByRole('region', { name: 'Shared with SnapDrop' });
}
