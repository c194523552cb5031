// Tests that a page lives although others change it: phones that make links of numbers, password managers that put elements
// beside fields, translators that replace texts, and extensions that insert elements anywhere.

import type { Page } from '@playwright/test';

import { HeldTurns } from '../support/held_turns';
import { button, createRoom, dropFiles, fileRow, fileRows, joinRoom, memberRows, ownRow, standsInRoom } from '../support/room';
import { expect, test } from '../support/test';

/** What others do to a page, each as a function that runs in the page. */
const CHANGES = {
  'a phone that makes links of numbers'() {
    for (const text of textsOf(document.body)) {
      const found = /\d[\d .:/-]{2,}/.exec(text.data);
      if (found === null) continue;
      const rest = text.splitText(found.index);
      rest.splitText(found[0].length);
      const link = document.createElement('a');
      link.href = 'tel:1';
      rest.replaceWith(link);
      link.append(rest);
    }
  },
  'a password manager'() {
    for (const field of document.querySelectorAll('input, textarea')) field.after(document.createElement('div'));
  },
  'a translator'() {
    for (const text of textsOf(document.body)) {
      const outer = document.createElement('font');
      const inner = document.createElement('font');
      outer.append(inner);
      inner.textContent = text.data;
      text.replaceWith(outer);
    }
  },
  'a translator that keeps the texts'() {
    for (const text of textsOf(document.body)) {
      const font = document.createElement('font');
      text.before(font);
      font.append(text);
    }
  },
  'an extension at the beginning of the body'() {
    document.body.prepend(document.createElement('div'));
  },
  'an extension everywhere'() {
    for (const element of document.body.querySelectorAll('main, section, header, form, ul, li, p, h1, h2, label')) {
      element.prepend(document.createElement('div'));
      element.append(document.createElement('span'));
    }
  },
} as const;
type Change = keyof typeof CHANGES;
const EACH = Object.keys(CHANGES) as Change[];

/** Waits until the whole page is alive, which its script then knows. */
async function isAlive(page: Page): Promise<void> {
  await page.waitForFunction(() => (window as unknown as { snapdrop?: { awake: boolean } }).snapdrop?.awake === true);
}

/** Makes a change in the page as it is now. */
async function change(page: Page, which: Change): Promise<void> {
  await page.evaluate(`(() => { ${codeOf(which)} })()`);
}

/** Makes a change in every page that is loaded from now on, when it is parsed and before its program runs. */
async function changeEveryPage(page: Page, which: Change): Promise<void> {
  await page.addInitScript(`document.addEventListener('DOMContentLoaded', () => { ${codeOf(which)} })`);
}

/** The visible texts below a node. */
declare function textsOf(node: Node): Text[];
const TEXTS = `function textsOf(node) {
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) if (walker.currentNode.data.trim() !== '' && walker.currentNode.parentElement.closest('script, select') === null) texts.push(walker.currentNode);
  return texts;
}`;

/** The source of a change, as statements. */
const codeOf = (which: Change) => `${TEXTS}\n({ ${CHANGES[which].toString()} })[${JSON.stringify(which)}]()`;

test('a page that nobody changes keeps what the server painted', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  await dropFiles(owner, [{ name: 'early.txt', text: 'early' }]);
  await expect(fileRow(owner, 'early.txt')).toHaveAttribute('data-state', 'complete');
  for (const address of ['/', `/join/${pin}`, `/r/${pin}`]) {
    await owner.addInitScript(() => {
      document.addEventListener('DOMContentLoaded', () => {
        for (const part of document.querySelectorAll('[data-part]')) Object.assign(part, { isPainted: true });
      });
    });
    await owner.goto(address);
    await isAlive(owner);
    const drawnAnew = () => [...document.querySelectorAll('main, form, .member, .file')].filter((part) => !('isPainted' in part)).map((part) => part.className);
    expect((await owner.evaluate(drawnAnew)).filter((name) => /^(home|room|language-switch|join|member|file)$/.test(name)), address).toEqual([]);
  }
});

for (const which of EACH) {
  test(`the first page lives after ${which}`, async ({ device }) => {
    const owner = await device('desktop');
    const pin = await createRoom(owner);
    const guest = await device('iPhone');
    await changeEveryPage(guest, which);
    await joinRoom(guest, pin);
    await expect(memberRows(owner)).toHaveCount(2);
    await guest.goto('/');
    await guest.getByRole('button', { name: 'Create room' }).click();
    await standsInRoom(guest);
  });

  test(`the join page lives after ${which}`, async ({ device }) => {
    const owner = await device('desktop');
    const pin = await createRoom(owner);
    const guest = await device('androidPhone');
    await changeEveryPage(guest, which);
    await guest.goto(`/join/${pin}`);
    await guest.getByRole('textbox', { name: /Your name/ }).fill('Ada');
    await button(guest, 'Join').click();
    await standsInRoom(guest);
    await expect(memberRows(owner).filter({ hasText: 'Ada' })).toHaveCount(1);
  });

  test(`a room lives after ${which}`, async ({ device }) => {
    const owner = await device('desktop');
    const pin = await createRoom(owner);
    await dropFiles(owner, [{ name: '2019-03-04 12 30 45.txt', text: 'early' }]);
    const guest = await device('iPhone');
    await joinRoom(guest, pin);
    for (const page of [owner, guest]) {
      await changeEveryPage(page, which);
      await page.reload();
      await standsInRoom(page);
    }
    await dropFiles(owner, [{ name: 'late.txt', text: 'late' }]);
    await expect(fileRow(guest, 'late.txt')).toHaveAttribute('data-state', 'complete');
    await expect(fileRow(owner, 'late.txt')).toHaveAttribute('data-state', 'complete');
    await joinRoom(await device('androidTablet'), pin);
    for (const page of [owner, guest]) {
      await expect(memberRows(page)).toHaveCount(3);
      await expect(page.getByText('3 here')).toBeVisible();
      await expect(fileRows(page)).toHaveCount(2);
    }
  });

  test(`a room lives after ${which} while it comes to life`, async ({ device }) => {
    const owner = await device('desktop');
    const pin = await createRoom(owner);
    await dropFiles(owner, Array.from({ length: 30 }, (_, index) => ({ name: `2019-03-${index + 10}.txt`, text: `${index}` })));
    const guest = await device('iPhone');
    await joinRoom(guest, pin);
    await expect(fileRows(guest)).toHaveCount(30);
    const turns = await HeldTurns.reload(guest);
    const alive = expect(guest.locator('.link-status')).toHaveAttribute('data-state', 'live');
    await turns.letOneGo();
    await turns.letOneGo();
    await change(guest, which);
    await turns.letGoUntilDone(alive);
    await turns.letAllGo();
    await standsInRoom(guest);
    await dropFiles(owner, [{ name: 'late.txt', text: 'late' }]);
    await expect(fileRow(guest, 'late.txt')).toHaveAttribute('data-state', 'complete');
    await joinRoom(await device('androidTablet'), pin);
    await expect(memberRows(guest)).toHaveCount(3);
  });

  test(`a live room shows what is true after ${which}`, async ({ cable, device }) => {
    const owner = await device('desktop', { address: cable.address });
    const pin = await createRoom(owner);
    const guest = await device('iPhone');
    await joinRoom(guest, pin);
    cable.allowUpload(0);
    await dropFiles(owner, [{ name: 'film.mov', text: 'x'.repeat(4_000_000) }]);
    await expect(fileRow(guest, 'film.mov')).toContainText(/Arriving \d %/);
    for (const page of [owner, guest]) await change(page, which);
    cable.allowUpload(2_000_000);
    // The owner's page counts what has left it, and the cable may have taken all of that.
    await expect(fileRow(owner, 'film.mov')).toContainText(/Arriving ([2-9]\d|100) %/);
    await expect(fileRow(guest, 'film.mov')).toContainText(/Arriving [2-9]\d %/);
    cable.allowEverything();
    for (const page of [owner, guest]) await expect(fileRow(page, 'film.mov')).toHaveAttribute('data-state', 'complete');
    await joinRoom(await device('androidTablet'), pin);
    for (const page of [owner, guest]) {
      await expect(page.getByText('3 here')).toBeVisible();
      await expect(memberRows(page)).toHaveCount(3);
    }
  });
}

test('a page that was changed while it was parsed is drawn by a second instance of the program', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  await dropFiles(owner, [{ name: 'early.txt', text: 'early' }]);
  const guest = await device('iPhone', { noise: [{ text: /panicked at|unreachable/, url: /./ }], failures: [/unreachable/] });
  await joinRoom(guest, pin);
  // An extension that runs from the very beginning changes each element as soon as it is parsed.
  await guest.addInitScript(() => {
    new MutationObserver((_, observer) => {
      const list = document.querySelector('.file-list');
      if (list === null || document.querySelector('#stopped') !== null) return;
      observer.disconnect();
      list.prepend(document.createElement('font'));
      document.querySelector('.masthead')?.prepend('extension');
    }).observe(document, { childList: true, subtree: true });
  });
  await guest.reload();
  await standsInRoom(guest);
  await dropFiles(owner, [{ name: 'late.txt', text: 'late' }]);
  await expect(fileRow(guest, 'late.txt')).toHaveAttribute('data-state', 'complete');
  await expect(fileRows(guest)).toHaveCount(2);
  await expect(guest.getByRole('alert').filter({ hasText: 'stopped working' })).toBeHidden();
});

test('what was typed before a changed page came to life is kept', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('desktop');
  await guest.goto(`/join/${pin}`);
  const turns = await HeldTurns.reload(guest);
  const name = guest.getByRole('textbox', { name: /Your name/ });
  await name.pressSequentially('Grace');
  await name.press('ArrowLeft');
  await change(guest, 'a password manager');
  await turns.letAllGo();
  await expect(guest.locator('form.join div:not([class])')).toHaveCount(0);
  await expect(name).toHaveValue('Grace');
  await expect(name).toBeFocused();
  await name.pressSequentially('x');
  await expect(name).toHaveValue('Gracxe');
  await button(guest, 'Join').click();
  await standsInRoom(guest);
  await expect(ownRow(guest)).toContainText('Gracxe');
});

test('files that were picked before a changed page came to life go up', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const turns = await HeldTurns.reload(owner);
  await owner.getByLabel('Add files').setInputFiles([{ name: 'picked.txt', mimeType: 'text/plain', buffer: Buffer.from('picked') }]);
  for (const which of EACH) await change(owner, which);
  await turns.letAllGo();
  await expect(fileRow(guest, 'picked.txt')).toHaveAttribute('data-state', 'complete');
  await expect(fileRows(guest)).toHaveCount(1);
});

test('a program that fails later says so and offers to load the page again', async ({ device }) => {
  const owner = await device('desktop', { failures: [/unreachable/] });
  await createRoom(owner);
  const message = owner.getByRole('alert').filter({ hasText: 'This page has stopped working.' });
  await expect(message).toBeHidden();
  await owner.evaluate(() => {
    setTimeout(() => {
      throw new WebAssembly.RuntimeError('unreachable');
    });
  });
  await expect(message).toBeVisible();
  await button(owner, 'Reload').click();
  await standsInRoom(owner);
  await expect(message).toBeHidden();
});

test('a program that cannot be loaded says so', async ({ device }) => {
  const guest = await device('desktop', { noise: [{ text: /./, url: /\/pkg\// }] });
  await guest.route(/\/pkg\/.*\.wasm$/, (route) => route.abort());
  await guest.goto('/');
  await expect(guest.getByText('This page has stopped working.')).toBeVisible();
});
