// Composes the picture of the README: a desktop's screen with a phone's screen in front of it.

import { readFile } from 'node:fs/promises';

import type { Browser } from '@playwright/test';

/** The widths of both screens, and the height that is shown of the desktop's, in CSS pixels. */
const [DESKTOP, PHONE, HEIGHT] = [1180, 390, 940];

/** Draws the pictures at `desktop` and `phone` on one ground, and writes the result to `path`. */
export async function sideBySide(browser: Browser, desktop: string, phone: string, path: string): Promise<void> {
  const [wide, narrow] = await Promise.all([desktop, phone].map(async (picture) => `data:image/png;base64,${(await readFile(picture)).toString('base64')}`));
  const page = await browser.newPage({ viewport: { width: 1740, height: 1040 }, deviceScaleFactor: 1.5 });
  await page.setContent(`<!doctype html>
    <style>
      body { margin: 0; position: relative; block-size: 1040px; background: linear-gradient(160deg, #ffb52e, #c8410b); }
      img { position: absolute; box-shadow: 0 24px 64px rgb(0 0 0 / 40%); }
      .desktop { inset: 50px auto auto 60px; inline-size: ${DESKTOP}px; block-size: ${HEIGHT}px; object-fit: cover; object-position: top; border-radius: 16px; }
      .phone { inset: 120px 60px auto auto; inline-size: ${PHONE}px; border: 10px solid #0f1012; border-radius: 44px; }
    </style>
    <img class="desktop" alt="" src="${wide}"><img class="phone" alt="" src="${narrow}">`);
  await page.evaluate(() => Promise.all([...document.images].map((image) => image.decode())));
  await page.screenshot({ path });
  await page.close();
}
