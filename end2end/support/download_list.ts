// Reads and uses Chromium's own list of downloads, chrome://downloads, in which the newest download comes first.

import { type BrowserContext, type Page, expect } from '@playwright/test';

import type { Noise } from './test';

/** Console messages of the page's file icons, which cannot be loaded since there is no desktop that provides them. */
export const NO_ICONS: Noise[] = [{ text: /^Failed to load resource: net::ERR_FAILED$/, url: /^chrome:\/\/fileicon\// }];

/** The page's number for the state of a complete download. */
const COMPLETE = 2;

/** The page's data about a download. */
interface Item {
  percent: number;
  filePath: string;
  /** Whether the download can be resumed. */
  resume: boolean;
  /** Why the download was interrupted; empty while it is running. */
  lastReasonText: string;
  state: number;
}

export class DownloadList {
  private constructor(private readonly page: Page) {}

  /** Opens the list in another tab of the browser. */
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

  /** Chooses "Resume" in the newest download's menu. */
  async resume(): Promise<void> {
    await this.page.locator('#more-actions').first().click();
    await this.page.getByRole('menuitem', { name: 'Resume' }).click();
  }

  /** Waits until the newest download is complete, and returns the path of its file. */
  async complete(): Promise<string> {
    await expect.poll(() => this.item()).toMatchObject({ state: COMPLETE });
    return (await this.item()).filePath;
  }
}
