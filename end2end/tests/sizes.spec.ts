// Tests that on every size of screen, in both themes and both writing directions, everything is there, fits the screen and
// is large enough to press.

import { lookAt } from '../support/room';
import { say } from '../support/catalogue';
import { type DeviceName } from '../support/devices';
import { isWellLaidOut } from '../support/layout';
import { expect, test } from '../support/test';

const SCREENS: [string, DeviceName, { width: number; height: number }][] = [
  ['a small phone', 'iPhone', { width: 320, height: 568 }],
  ['a phone', 'androidPhone', { width: 412, height: 915 }],
  ['a phone on its side', 'iPhone', { width: 844, height: 390 }],
  ['a tablet', 'androidTablet', { width: 800, height: 1280 }],
  ['a desktop', 'desktop', { width: 1440, height: 900 }],
];

for (const [screen, name, viewport] of SCREENS) {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const language of ['en', 'ar']) {
      test(`${screen}, ${colorScheme}, ${language}`, async ({ device }) => {
        const page = await device(name, { context: { viewport, colorScheme, locale: language } });
        await page.goto('/');
        await isWellLaidOut(page, viewport.width);
        await page.getByRole('button', { name: say(language, 'create_room') }).click();
        await page.waitForURL(/\/r\/\d{6,}$/);
        await expect(page.getByRole('main')).toContainText(say(language, 'connected'));
        await isWellLaidOut(page, viewport.width);

        await page.getByLabel(say(language, 'add_files')).setInputFiles([
          { name: `A file with a long name that says what it is, ${'unbreakable'.repeat(8)}.txt`, mimeType: 'text/plain', buffer: Buffer.from('text') },
          { name: 'تقرير.txt', mimeType: 'text/plain', buffer: Buffer.from('نص') },
        ]);
        const rows = page.getByRole('list', { name: say(language, 'files'), exact: true }).getByRole('listitem');
        await expect(page.locator('.file[data-state=complete]')).toHaveCount(2);
        await page.getByRole('textbox', { name: say(language, 'text_label') }).fill(`https://example.org/${'long'.repeat(30)}`);
        await page.getByRole('button', { name: say(language, 'add_text') }).click();
        await expect(page.getByRole('list', { name: say(language, 'texts') }).getByRole('listitem')).toHaveCount(1);
        await isWellLaidOut(page, viewport.width);

        await lookAt(rows.first(), say(language, 'preview'));
        await expect(page.getByRole('dialog')).toBeVisible();
        await isWellLaidOut(page, viewport.width);
        await page.keyboard.press('Escape');
        await page.getByRole('button', { name: say(language, 'show_qr') }).click();
        await isWellLaidOut(page, viewport.width);
        await page.getByRole('button', { name: say(language, 'done') }).click();
        await page.getByRole('button', { name: say(language, 'close_room') }).click();
        await isWellLaidOut(page, viewport.width);
        await page.getByRole('dialog').getByRole('button', { name: say(language, 'close_room') }).click();
        await expect(page.getByRole('heading', { name: say(language, 'closed_heading') })).toBeVisible();
        await isWellLaidOut(page, viewport.width);
      });
    }
  }
}
