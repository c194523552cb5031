// Tests texts and links, which the owner adds and everybody can copy.

import type { Page } from '@playwright/test';

import { createRoom, joinRoom, standsInRoom, takesDrops } from '../support/room';
import { answered, expect, test } from '../support/test';

const CLIPBOARD = { context: { permissions: ['clipboard-read', 'clipboard-write'] } };

test('a text that the owner adds is there for everyone, and copied with one press', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('androidPhone', CLIPBOARD);
  await joinRoom(guest, pin);
  await expect(guest.getByRole('heading', { name: 'Text and links' })).toHaveCount(0);

  await owner.getByRole('textbox', { name: 'Text or link' }).fill('The password is: tři křečci\n  second line');
  await owner.getByRole('button', { name: 'Add text' }).click();
  await expect(owner.getByRole('textbox', { name: 'Text or link' })).toHaveValue('');
  await expect(texts(guest)).toHaveCount(1);
  await expect(texts(guest).getByText('The password is: tři křečci')).toBeVisible();
  await expect(guest.getByText('New text')).toBeAttached();
  await texts(guest).getByRole('button', { name: 'Copy' }).click();
  await expect(guest.getByText('Copied.')).toBeVisible();
  expect(await guest.evaluate(() => navigator.clipboard.readText())).toBe('The password is: tři křečci\n  second line');
  await expect(texts(guest).getByRole('button', { name: 'Remove' })).toHaveCount(0);

  await texts(owner).getByRole('button', { name: 'Remove' }).click();
  await expect(texts(guest)).toHaveCount(0);
  await expect(guest.getByRole('heading', { name: 'Text and links' })).toHaveCount(0);
});

test('links open safely, and what only looks like one is text', async ({ device, server }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('desktop', { noise: answered(404, /nowhere/) });
  await joinRoom(guest, pin);
  await add(owner, `See ${server.address}/nowhere, or javascript:alert(1) <b>bold</b>`);
  const link = texts(guest).getByRole('link');
  await expect(link).toHaveCount(1);
  await expect(link).toHaveText(`${server.address}/nowhere`);
  await expect(link).toHaveAttribute('rel', /noopener noreferrer/);
  await expect(texts(guest)).toContainText('or javascript:alert(1) <b>bold</b>');
  const [opened] = await Promise.all([guest.context().waitForEvent('page'), link.click()]);
  await opened.waitForLoadState();
  expect(await opened.evaluate(() => [window.opener, document.referrer])).toEqual([null, '']);
});

test('text that is pasted on the page is added, but not what is pasted into a field', async ({ device }) => {
  const owner = await device('desktop', CLIPBOARD);
  const pin = await createRoom(owner);
  const guest = await device('desktop', CLIPBOARD);
  await joinRoom(guest, pin);
  await owner.evaluate(() => navigator.clipboard.writeText('https://example.org/slides'));
  await owner.keyboard.press('ControlOrMeta+v');
  await expect(texts(guest).getByRole('link', { name: 'https://example.org/slides' })).toBeVisible();

  await owner.getByRole('textbox', { name: 'Text or link' }).focus();
  await owner.keyboard.press('ControlOrMeta+v');
  await expect(owner.getByRole('textbox', { name: 'Text or link' })).toHaveValue('https://example.org/slides');
  await guest.keyboard.press('ControlOrMeta+v');
  await expect(texts(owner)).toHaveCount(1);

  await owner.keyboard.press('ControlOrMeta+Enter');
  await expect(texts(owner)).toHaveCount(2);
  await expect(texts(guest)).toHaveCount(2);
});

/** Pastes what a program copied: a text together with a picture, into an element or onto the page. */
async function pasteWithPicture(page: Page, text: string, into = 'body'): Promise<void> {
  await page.evaluate(
    ({ text, into }) => {
      const content = new DataTransfer();
      content.setData('text/plain', text);
      content.items.add(new File(['not much of a picture'], 'image.png', { type: 'image/png' }));
      document.querySelector(into)?.dispatchEvent(new ClipboardEvent('paste', { bubbles: true, cancelable: true, clipboardData: content }));
    },
    { text, into },
  );
}

test('where a picture of it comes along, the text is pasted, and in a field it stays there', async ({ device }) => {
  const owner = await device('desktop');
  await createRoom(owner);
  const files = owner.getByRole('list', { name: 'Files' }).getByRole('listitem');
  await pasteWithPicture(owner, 'Gate\t4\nGate\t5', 'textarea');
  await pasteWithPicture(owner, 'Gate\t6');
  await expect(texts(owner)).toHaveText([/Gate\s6/]);
  // The address of a copied picture is not what was meant.
  await pasteWithPicture(owner, 'https://example.org/a.png');
  await expect(files).toHaveText([/Screenshot .*\.png/]);
  await expect(texts(owner)).toHaveCount(1);
});

test('a text with a picture that is pasted on the first page opens a room with the text', async ({ device }) => {
  const owner = await device('desktop');
  await owner.goto('/');
  await takesDrops(owner);
  await pasteWithPicture(owner, 'Gate\t6');
  await standsInRoom(owner);
  await expect(texts(owner)).toHaveText([/Gate\s6/]);
  await expect(owner.getByRole('list', { name: 'Files' }).getByRole('listitem')).toHaveCount(0);
});

test('a picture is pasted as a file', async ({ device }) => {
  const owner = await device('desktop', CLIPBOARD);
  await createRoom(owner);
  await owner.evaluate(async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 8, height: 8 });
    canvas.getContext('2d')?.fillRect(0, 0, 8, 8);
    const picture = await new Promise<Blob>((resolve, reject) => canvas.toBlob((blob) => (blob === null ? reject(new Error('no picture')) : resolve(blob))));
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': picture })]);
  });
  await owner.keyboard.press('ControlOrMeta+v');
  const row = owner.getByRole('list', { name: 'Files' }).getByRole('listitem');
  await expect(row).toContainText(/Screenshot \d{4}-\d\d-\d\d at \d\d\.\d\d\.\d\d\.png/);
  await expect(row).toHaveAttribute('data-state', 'complete');
  await expect(texts(owner)).toHaveCount(0);
});

test('texts outlive a reload, and reach members who join later', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  await add(owner, 'first');
  await add(owner, 'second');
  await owner.reload();
  await expect(texts(owner)).toHaveText([/^first/, /^second/]);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  await expect(texts(guest)).toHaveText([/^first/, /^second/]);
});

function texts(page: Page) {
  return page.getByRole('list', { name: 'Text and links' }).getByRole('listitem');
}

async function add(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Text or link' }).fill(text);
  await page.getByRole('button', { name: 'Add text' }).click();
  await expect(page.getByRole('textbox', { name: 'Text or link' })).toHaveValue('');
}
