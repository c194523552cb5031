// The clocks of pages: the one that a page measures with, and the one on the wall of its reader.

import type { Page } from '@playwright/test';

/**
 * Stops the page's clock; its timers go on. A page sends larger chunks the less time they take, so a busy machine changes
 * the sizes of chunks. By a stopped clock every chunk takes no time: chunks have 4, 4, 8 and 16 MiB, and so on.
 */
export async function stopClock(page: Page): Promise<void> {
  await page.clock.setFixedTime(Date.now());
}

/**
 * A time zone, for a browser context, in which it is this hour now. The hour may end during a test, so the test has to
 * allow for the next one.
 */
export function zoneWhereItIs(hour: number): string {
  const east = ((hour - new Date().getUTCHours() + 36) % 24) - 12;
  // The names of these zones count the hours to the west.
  return east === 0 ? 'Etc/GMT' : `Etc/GMT${east > 0 ? '-' : '+'}${Math.abs(east)}`;
}
