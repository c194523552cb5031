// Checks the rules of layout that hold for every page on every screen.

import { type Page, expect } from '@playwright/test';

/** The smallest size of a target, in CSS pixels (WCAG 2.2, success criterion 2.5.5). */
const TARGET = 44;

/** Checks that the page is exactly as wide as the screen, and that everything that can be pressed is at least `TARGET`
 *  wide and high. */
export async function isWellLaidOut(page: Page, width: number): Promise<void> {
  const found = await page.evaluate((target) => {
    const pressable = [...document.querySelectorAll<HTMLElement>('button, a[href], select, summary, textarea, input:not([type=hidden]), label.button')];
    const top = document.querySelector('dialog[open]') ?? document;
    const small = pressable
      // Exempt are links inside a text, hidden fields, whose labels are pressed instead, and the link that only the keyboard
      // reaches as long as it is not there.
      .filter((element) => top.contains(element) && element.checkVisibility() && element.closest('.snippet-text') === null && !element.classList.contains('visually-hidden') && !element.matches('.skip-link:not(:focus)'))
      // A box is ticked by a press anywhere on its label.
      .map((element) => ({ element, box: (element.matches('[type=checkbox]') ? element.closest('label')! : element).getBoundingClientRect() }))
      .filter(({ box }) => Math.round(box.height) < target || Math.round(box.width) < target);
    return {
      width: document.documentElement.scrollWidth,
      // A scrollbar takes some of the screen in some browsers.
      screen: document.documentElement.clientWidth,
      small: small.map(({ element, box }) => `${element.tagName} ${element.className} ${element.textContent}: ${box.width} × ${box.height}`),
    };
  }, TARGET);
  expect(found).toEqual({ width: Math.min(width, found.screen), screen: found.screen, small: [] });
}
