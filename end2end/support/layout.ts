// What holds of every page on every screen.

import { type Page, expect } from '@playwright/test';

/** What a fingertip covers, in CSS pixels (WCAG 2.2, success criterion 2.5.5). */
const TARGET = 44;

/** Nothing is wider than the screen, and nothing that can be pressed is smaller than a fingertip. */
export async function isWellLaidOut(page: Page, width: number): Promise<void> {
  const found = await page.evaluate((target) => {
    const pressable = [...document.querySelectorAll<HTMLElement>('button, a[href], select, summary, textarea, input:not([type=hidden]), label.button')];
    const top = document.querySelector('dialog[open]') ?? document;
    const small = pressable
      // A link in a text is as large as its words; an invisible field is as large as its label.
      .filter((element) => top.contains(element) && element.checkVisibility() && element.closest('.snippet-text') === null && !element.classList.contains('visually-hidden'))
      .map((element) => ({ element, box: element.getBoundingClientRect() }))
      .filter(({ box }) => Math.round(box.height) < target || Math.round(box.width) < target);
    return {
      width: document.documentElement.scrollWidth,
      small: small.map(({ element, box }) => `${element.tagName} ${element.className} ${element.textContent}: ${box.width} × ${box.height}`),
    };
  }, TARGET);
  expect(found).toEqual({ width, small: [] });
}
