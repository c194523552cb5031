// Takes pictures of a page in one state, and checks that it is well laid out: on every kind of screen, in both themes,
// and in both writing directions. The tests in states/ bring every page into every state that people meet:
//   npx playwright test --project=screenshots states

import { join } from 'node:path';

import { type Page, expect } from '@playwright/test';

import { say } from '../support/catalogue';
import { isWellLaidOut } from '../support/layout';

/** The folder that all pictures are written to. */
export const FOLDER = process.env.SCREENSHOTS ?? join(import.meta.dirname, '..', 'test-results', 'screenshots');

const SIZES = {
  phone: { width: 390, height: 844 },
  tablet: { width: 820, height: 1180 },
  desktop: { width: 1180, height: 760 },
};
const THEMES = ['light', 'dark'] as const;
const LANGUAGES = { ltr: 'en', rtl: 'ar' };

type Size = keyof typeof SIZES;
type Direction = keyof typeof LANGUAGES;

/** Returns the text of a catalogue's key in the language that the page is shown in. */
export type Words = (key: string) => string;

export interface State {
  /** The page's name and the state's name. */
  name: `${string}-${string}`;
  /** Brings the page into the state. It is called for each language, since a change of language ends most states. */
  enter?: (words: Words) => Promise<unknown>;
  /** Brings the page back from the state. */
  leave?: (words: Words) => Promise<unknown>;
  /** The state ends by itself after a while, so the page is brought into it for every picture. */
  fleeting?: boolean;
  /** The picture shows the visible part of the page, with dialogs and toasts, instead of the whole page. */
  screen?: boolean;
  sizes?: Size[];
  directions?: Direction[];
}

/**
 * Takes all pictures of a state, as `states/page-state.device.theme.direction.png`, and checks the layout in each of
 * them. Afterwards the page has its former language again.
 */
export async function pose(page: Page, { name, enter, leave, fleeting = false, screen = false, sizes, directions }: State): Promise<void> {
  const before = (await page.locator('html').getAttribute('lang')) ?? 'en';
  for (const direction of directions ?? (Object.keys(LANGUAGES) as Direction[])) {
    const language = LANGUAGES[direction];
    const words: Words = (key) => say(language, key);
    await speak(page, language);
    if (!fleeting) await enter?.(words);
    for (const size of sizes ?? (Object.keys(SIZES) as Size[])) {
      await page.setViewportSize(SIZES[size]);
      for (const colorScheme of THEMES) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        if (fleeting) await enter?.(words);
        await isWellLaidOut(page, SIZES[size].width);
        // The mouse is moved away so that nothing is drawn as hovered.
        await page.mouse.move(0, 0);
        const path = join(FOLDER, 'states', `${name}.${size}.${colorScheme}.${direction}.png`);
        await page.screenshot({ path, animations: 'disabled', fullPage: !screen });
        if (fleeting) await leave?.(words);
      }
    }
    if (!fleeting) await leave?.(words);
  }
  await speak(page, before);
}

/** Switches the page to a language: with its choice of languages if it has one and scripts run, otherwise with a cookie
 *  and a reload. */
export async function speak(page: Page, language: string): Promise<void> {
  const html = page.locator('html');
  if ((await html.getAttribute('lang')) === language) return;
  const choice = page.locator('select[name=language]');
  const runs = await page.evaluate(() => matchMedia('(scripting: enabled)').matches);
  if (!runs || (await choice.count()) === 0) {
    await page.context().addCookies([{ name: 'language', value: language, url: page.url() }]);
    await page.reload();
  }
  // A choice has no effect until the page is hydrated, so it is repeated.
  await expect(async () => {
    if ((await html.getAttribute('lang')) !== language) await choice.selectOption(language);
    await expect(html).toHaveAttribute('lang', language, { timeout: 1000 });
  }).toPass({ timeout: 20_000 });
  // After a reload a room's page has to connect again.
  await expect(page.locator('main[aria-busy=true]')).toHaveCount(0);
  const link = page.locator('.link-status');
  if (runs && (await link.count()) > 0) await expect(link).toHaveAttribute('data-state', 'live');
}
