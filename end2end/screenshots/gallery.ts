// Pictures of a state of a page: on every kind of screen, in both themes, in both directions of writing.

import { join } from 'node:path';

import { type Page, expect } from '@playwright/test';

import { say } from '../support/catalogue';
import { isWellLaidOut } from '../support/layout';

/** Where all pictures go. */
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

/** What the page calls something in the language that it speaks, by the catalogue's key. */
export type Words = (key: string) => string;

export interface State {
  /** The page, and what is special about it. */
  name: `${string}-${string}`;
  /** Brings the page there. Most of it is gone when the language changes, so it is done in each. */
  enter?: (words: Words) => Promise<unknown>;
  /** Brings it back. */
  leave?: (words: Words) => Promise<unknown>;
  /** It goes by itself: the page is brought there for every picture. */
  fleeting?: boolean;
  /** As much as fits the screen, with what lies over the page. */
  screen?: boolean;
  sizes?: Size[];
  directions?: Direction[];
}

/**
 * Takes all pictures of a state: `states/page-state.device.theme.direction.png`. It is to be well laid out in all of
 * them. The page speaks as before afterwards.
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
        // Nothing is drawn as if it were pointed at.
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

/** Has the page speak a language: at once where a script runs and it can be chosen, else when it is loaded again. */
export async function speak(page: Page, language: string): Promise<void> {
  const html = page.locator('html');
  if ((await html.getAttribute('lang')) === language) return;
  const choice = page.locator('select[name=language]');
  const runs = await page.evaluate(() => matchMedia('(scripting: enabled)').matches);
  if (!runs || (await choice.count()) === 0) {
    await page.context().addCookies([{ name: 'language', value: language, url: page.url() }]);
    await page.reload();
  }
  // The script may not be there yet.
  await expect(async () => {
    if ((await html.getAttribute('lang')) !== language) await choice.selectOption(language);
    await expect(html).toHaveAttribute('lang', language, { timeout: 1000 });
  }).toPass({ timeout: 20_000 });
  // A room is entered anew.
  await expect(page.locator('main[aria-busy=true]')).toHaveCount(0);
  const link = page.locator('.link-status');
  if (runs && (await link.count()) > 0) await expect(link).toHaveAttribute('data-state', 'live');
}
