// Stops the clock that a page measures with.

import type { Page } from '@playwright/test';

/**
 * Stops the page's clock; its timers go on. A page sends larger chunks the less time they take, so a busy machine changes
 * the sizes of chunks. By a stopped clock every chunk takes no time: chunks have 4, 4, 8 and 16 MiB, and so on.
 */
export async function stopClock(page: Page): Promise<void> {
  await page.clock.setFixedTime(Date.now());
}
