// Chromium's own list of downloads, chrome://downloads, with the newest one at the top.

import { type BrowserContext, type Page, expect } from '@playwright/test';

import type { Noise } from './test';

/** What the page's own pictures write to the console: there is no desktop that has icons for files. */
export const NO_ICONS: Noise[] = [{ text: /^Failed to load resource: net::ERR_FAILED$/, url: /^chrome:\/\/fileicon\// }];

/** The number of this state on the page. */
const COMPLETE = 2;

/** What the page knows of a download. */
interface Item {
  percent: number;
  filePath: string;
  /** Whether it can go on from where it is. */
  resume: boolean;
  /** Why it does not move; empty while it does. */
  lastReasonText: string;
  state: number;
}

export class DownloadList {
  private constructor(private readonly page: Page) {}

  /** Opens it in another tab of the browser. */
  static async open(context: BrowserContext): Promise<DownloadList> {
    const page = await context.newPage();
    await page.goto('chrome://downloads/');
    return new DownloadList(page);
  }

  /** The download that was started last. */
  async item(): Promise<Item> {
    const newest = this.page.locator('downloads-item').first();
    return newest.evaluate((element) => {
      const { percent, filePath, resume, lastReasonText, state } = (element as unknown as { data: Item }).data;
      return { percent, filePath, resume, lastReasonText, state };
    });
  }

  /** Chooses "Resume" in its menu. */
  async resume(): Promise<void> {
    await this.page.locator('#more-actions').first().click();
    await this.page.getByRole('menuitem', { name: 'Resume' }).click();
  }

  /** Waits until all of it is on the disk, and returns where. */
  async complete(): Promise<string> {
    await expect.poll(() => this.item()).toMatchObject({ state: COMPLETE });
    return (await this.item()).filePath;
  }
}
