// Tests that every text of SnapDrop is in the reader's language, from the first paint on.

import type { Page } from '@playwright/test';

import { LANGUAGES, catalogue, say } from '../support/catalogue';
import { zoneWhereItIs } from '../support/clock';
import { addFiles, button, createRoom, dropFiles, fileRow, fileRows, standsInRoom, type HeldFile, unfoldAll } from '../support/room';
import { MIB, sample } from '../support/samples';
import { CUT_OFF, answered, expect, test } from '../support/test';

test('the first paint is in the language that the browser asks for', async ({ server }) => {
  expect(LANGUAGES).toHaveLength(13);
  for (const language of LANGUAGES) {
    const answer = await fetch(server.address, { headers: { 'accept-language': `tlh, ${language}-XX;q=0.9, en;q=0.8` } });
    const page = await answer.text();
    expect(page).toContain(`<html lang="${language === 'zh' ? 'zh-Hans' : language}" dir="${language === 'ar' ? 'rtl' : 'ltr'}"`);
    for (const key of ['home_heading', 'create_room', 'drop_to_create']) expect(page).toContain(say(language, key));
  }
});

for (const language of LANGUAGES) {
  test(`in ${language} the script draws what the server painted, and no English is left`, async ({ device }) => {
    const locale = { context: { locale: language }, noise: answered(404, /nowhere/) };
    const owner = await device('desktop', locale);
    await owner.goto('/');
    await sayNothingInEnglish(owner, language);
    await owner.getByRole('button', { name: say(language, 'create_room') }).click();
    await owner.waitForURL(/\/r\/\d{6,}$/);
    await expect(owner.getByRole('main')).toContainText(say(language, 'connected'));
    await sayNothingInEnglish(owner, language);
    await dropFiles(owner, [
      { name: 'a.txt', text: 'a'.repeat(1500) },
      { name: 'trip/b.txt', text: 'b' },
    ]);
    await expect(owner.locator('.file[data-state=complete]')).toHaveCount(2);
    await unfoldAll(owner);
    await sayNothingInEnglish(owner, language);
    await owner.getByRole('button', { name: say(language, 'details') }).first().click();
    await expect(owner.getByRole('button', { name: say(language, 'copy_sha256') })).toBeEnabled();
    await sayNothingInEnglish(owner, language);
    await button(owner.getByRole('dialog'), say(language, 'done')).click();

    const painted = owner.context().request;
    const html = await (await painted.get(owner.url(), { headers: { 'accept-language': language } })).text();
    const squeezed = (text: string | null) => (text ?? '').replace(/\s+/g, '');
    const drawn = squeezed(await owner.locator('.file').first().textContent());
    const text = await owner.evaluate((markup) => new DOMParser().parseFromString(markup, 'text/html').body.textContent, html);
    expect(squeezed(text)).toContain(drawn);

    await owner.goto('/nowhere');
    await sayNothingInEnglish(owner, language);
  });
}

test('another language is spoken at once, kept, and loses no upload', async ({ cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: CUT_OFF });
  await createRoom(owner);
  const film = await sample(info, 'film.mov', 4 * MIB);
  cable.allowBurst(1 * MIB);
  await addFiles(owner, film.path);
  await expect(fileRow(owner, 'film.mov')).toContainText('Arriving');

  await owner.getByRole('combobox', { name: 'Language' }).selectOption({ label: 'Čeština' });
  const row = owner.getByRole('list', { name: say('cs', 'files'), exact: true }).getByRole('listitem');
  await expect(row.getByRole('button', { name: say('cs', 'pause') })).toBeVisible();
  await expect(owner.locator('html')).toHaveAttribute('lang', 'cs');
  cable.allowEverything();
  await expect(row).toHaveAttribute('data-state', 'complete');

  await owner.reload();
  await expect(owner.getByRole('button', { name: say('cs', 'close_room') })).toBeVisible();
  await expect(owner.getByRole('combobox', { name: say('cs', 'language') })).toHaveValue('cs');
});

test('without a script a button changes the language of the page', async ({ device }) => {
  const guest = await device('desktop', { context: { javaScriptEnabled: false } });
  await guest.goto('/');
  await guest.getByRole('combobox', { name: 'Language' }).selectOption({ label: 'Deutsch' });
  await guest.getByRole('button', { name: 'Change language' }).click();
  await expect(guest.getByRole('button', { name: say('de', 'create_room') })).toBeVisible();
  await guest.getByRole('button', { name: say('de', 'create_room') }).click();
  const room = guest.url();
  await guest.getByRole('combobox', { name: say('de', 'language') }).selectOption({ label: 'Français' });
  await guest.getByRole('button', { name: say('de', 'language_change') }).click();
  expect(guest.url()).toBe(room);
  await expect(guest.getByRole('heading', { name: say('fr', 'members') })).toBeVisible();
});

test('in Arabic everything runs from the right, but a PIN from the left, and fits a phone', async ({ device }) => {
  const owner = await device('iPhone', { context: { locale: 'ar', viewport: { width: 320, height: 640 } } });
  await owner.goto('/');
  await fits(owner);
  const [mark, actions] = await Promise.all([owner.getByRole('link', { name: 'SnapDrop' }).boundingBox(), owner.getByRole('combobox').boundingBox()]);
  expect(mark?.x).toBeGreaterThan(actions?.x ?? 0);
  await owner.getByRole('button', { name: say('ar', 'create_room') }).click();
  await owner.waitForURL(/\/r\/\d{6,}$/);
  await expect(owner.getByRole('main')).toContainText(say('ar', 'connected'));
  await dropFiles(owner, [{ name: 'تقرير.pdf', text: 'a' }, { name: `${'unbreakable'.repeat(20)}.txt`, text: 'b' }]);
  await expect(owner.locator('.file[data-state=complete]')).toHaveCount(2);
  await fits(owner);
  const places = await owner.locator('.flap').evaluateAll((flaps) => flaps.map((flap) => flap.getBoundingClientRect()).map(({ x, y }) => ({ x, y })));
  expect(places).toEqual([...places].sort((a, b) => a.y - b.y || a.x - b.x));
});

test('the language is chosen by a keyboard, and the way back is English', async ({ device }) => {
  const guest = await device('desktop');
  await guest.goto('/');
  const languages = guest.getByRole('combobox', { name: 'Language' });
  await languages.focus();
  await guest.keyboard.type('Pol');
  await expect(guest.getByRole('button', { name: say('pl', 'create_room') })).toBeVisible();
  await guest.getByRole('combobox').selectOption({ label: 'English' });
  await expect(guest.getByRole('button', { name: 'Create room' })).toBeVisible();
  await guest.getByRole('button', { name: 'Create room' }).click();
  await standsInRoom(guest);
  await expect(fileRows(guest)).toHaveCount(0);
});

for (const [locale, hour, sentence] of [
  ['en-US', 13, /^There were no files in it when it ended at [12]:\d\d\sPM\.$/],
  ['en-US', 8, /^There were no files in it when it ended at [89]:\d\d\sAM\.$/],
  ['en-GB', 8, /^There were no files in it when it ended at 0[89]:\d\d\.$/],
  ['de-DE', 13, /^Als er um 1[34]:\d\d Uhr geschlossen wurde, waren keine Dateien darin\.$/],
  ['de-DE', 8, /^Als er um 0[89]:\d\d Uhr geschlossen wurde, waren keine Dateien darin\.$/],
  ['cs-CZ', 8, /^Při zavření \(0[89]:\d\d\) v ní nebyly žádné soubory\.$/],
] as const) {
  test(`a room that closes after ${hour} o'clock says so as clocks do in ${locale}`, async ({ device }) => {
    const owner = await device('desktop', { context: { locale, timezoneId: zoneWhereItIs(hour) } });
    expect(await closedRoom(owner, locale.slice(0, 2), [])).toMatch(sentence);
  });
}

for (const locale of ['ar-EG', 'ar-AE', 'hi-IN']) {
  test(`the sentence about a closed room has one kind of digits in ${locale}`, async ({ device }) => {
    const owner = await device('desktop', { context: { locale } });
    const files = ['a.txt', 'b.txt', 'c.txt'].map((name) => ({ name, text: name }));
    const sentence = await closedRoom(owner, locale.slice(0, 2), files);
    expect(sentence.match(/\p{Nd}+/gu), 'the number of files, the hour and the minute').toHaveLength(3);
    // The digits of one script have ten consecutive code points.
    const kinds = [/[0-9]/, /[\u0660-\u0669]/, /[\u06f0-\u06f9]/, /[\u0966-\u096f]/].filter((kind) => kind.test(sentence));
    expect(kinds, sentence).toHaveLength(1);
  });
}

/** Opens a room with these files, closes it, and returns the sentence that its page ends with. */
async function closedRoom(owner: Page, language: string, files: HeldFile[]): Promise<string> {
  await owner.goto('/');
  await button(owner, say(language, 'create_room')).click();
  await owner.waitForURL(/\/r\/\d{6,}$/);
  await expect(owner.getByRole('main')).toContainText(say(language, 'connected'));
  if (files.length > 0) {
    await dropFiles(owner, files);
    await expect(owner.locator('.file[data-state=complete]')).toHaveCount(files.length);
  }
  await button(owner, say(language, 'close_room')).click();
  await button(owner.getByRole('dialog', { name: say(language, 'close_question') }), say(language, 'close_room')).click();
  await expect(owner.getByRole('heading', { name: say(language, 'closed_heading') })).toBeVisible();
  return owner.locator('main p:not(.label)').innerText();
}

/** Checks that no text on the page, visible or for screen readers, is an English message that the language translates. */
async function sayNothingInEnglish(page: Page, language: string): Promise<void> {
  if (language === 'en') return;
  const own = catalogue(language);
  const ownWords = new Set(own.values());
  const english = [...catalogue('en')].filter(([, text]) => !ownWords.has(text)).map(([, text]) => text);
  const said = await page.evaluate(() => {
    const texts: string[] = [document.title];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      if (node instanceof Element) {
        for (const name of ['aria-label', 'title', 'placeholder', 'alt']) texts.push(node.getAttribute(name) ?? '');
      } else if (!(node.parentElement instanceof HTMLScriptElement)) texts.push(node.textContent ?? '');
    }
    return texts.map((text) => text.trim()).filter((text) => text !== '');
  });
  expect(said.filter((text) => english.includes(text))).toEqual([]);
}

async function fits(page: Page): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
}
