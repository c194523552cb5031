// Tests previews of files on the page, and the thumbnails in their rows.

import { writeFile } from 'node:fs/promises';

import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page, TestInfo } from '@playwright/test';

import { drawPicture } from '../support/drawing';
import { addFiles, createRoom, download, dropFiles, fileRow, joinRoom, lookAt, removeFile } from '../support/room';
import { MIB, sample } from '../support/samples';
import { expect, test } from '../support/test';
import { recordVideo } from '../support/video';

const FAILED = 'This file cannot be shown here. Download it to see it.';

test('an image is looked at in place, and whoever looked at it does not have it yet', async ({ device }, info) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  await addFiles(owner, await drawing(owner, info, 'harbour.png', 400, 300), (await sample(info, 'other.bin', 100)).path);
  const seen = await look(guest, 'harbour.png');
  await expect.poll(() => naturalSize(seen.getByRole('img', { name: 'harbour.png' }))).toEqual([400, 300]);
  await seen.getByRole('button', { name: 'Done', exact: true }).click();
  await expect(seen).toBeHidden();

  await (await download(guest, fileRow(guest, 'other.bin'))).path();
  await expect(fileRow(owner, 'other.bin')).toContainText('1 has it');
  await expect(fileRow(owner, 'harbour.png')).not.toContainText('has it');

  const again = await look(guest, 'harbour.png');
  const [file] = await Promise.all([guest.waitForEvent('download'), again.getByRole('link', { name: 'Download' }).click()]);
  expect(file.suggestedFilename()).toBe('harbour.png');
  await expect(fileRow(owner, 'harbour.png')).toContainText('1 has it');
});

test('a preview is opened and closed without a pointer, and the focus comes back', async ({ device }, info) => {
  const owner = await device('desktop');
  await createRoom(owner);
  await dropFiles(owner, [{ name: 'notes.md', text: '# Notes' }]);
  await addFiles(owner, await drawing(owner, info, 'a.png', 40, 30));
  const button = previewButton(owner, 'a.png');
  await button.focus();
  const seen = owner.getByRole('dialog', { name: 'a.png' });
  for (const key of ['Escape', 'Enter']) {
    await owner.keyboard.press('Enter');
    await expect(seen).toBeVisible();
    await expect(seen.getByRole('button', { name: 'Done', exact: true })).toBeFocused();
    await owner.keyboard.press(key);
    await expect(seen).toBeHidden();
    await expect(button).toBeFocused();
  }
  // All previews use the same dialog.
  const notes = await look(owner, 'notes.md');
  await expect(notes.getByRole('region', { name: 'notes.md' })).toHaveText('# Notes');
  await expect(notes.getByRole('img')).toHaveCount(0);
});

test('a film is watched in place, from anywhere in it, and ends with its window', async ({ device }, info) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('androidTablet');
  await joinRoom(guest, pin);
  await addFiles(owner, await film(owner, info, 'film.mp4'));
  const seen = await look(guest, 'film.mp4');
  const player = seen.getByLabel('film.mp4', { exact: true });
  await expect.poll(() => player.evaluate((player) => (player as HTMLVideoElement).videoWidth)).toBe(640);
  const reached = await player.evaluate(async (player) => {
    const film = player as HTMLVideoElement;
    film.muted = true;
    const seeked = new Promise((resolve) => film.addEventListener('seeked', resolve, { once: true }));
    film.currentTime = film.duration / 2;
    await seeked;
    await film.play();
    return film.currentTime / film.duration;
  });
  expect(reached).toBeGreaterThan(0.4);
  await guest.keyboard.press('Escape');
  await expect(seen).toBeHidden();
  await expect(guest.locator('video')).toHaveCount(0);
  await expect(fileRow(owner, 'film.mp4')).not.toContainText('has it');
});

test('a text is read in place as text, whatever is in it', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const markup = '<b onclick="alert(1)">bold</b> & <img src=x onerror=alert(2)>';
  // The preview fetches 256,000 bytes, and the last of them is the first of the two bytes of a letter.
  const long = `${'a'.repeat(255_999)}é and so on`;
  await dropFiles(owner, [
    { name: 'page.html', text: markup },
    { name: 'long.log', text: long },
  ]);
  const page = await look(guest, 'page.html');
  await expect(page.getByRole('region', { name: 'page.html' })).toHaveText(markup);
  await expect(page.getByRole('status')).toBeEmpty();
  await guest.keyboard.press('Escape');

  const log = await look(guest, 'long.log');
  await expect(log.getByRole('status')).toHaveText('The first 256 kB. Download the file to see all of it.');
  expect(await log.getByRole('region', { name: 'long.log' }).textContent()).toBe('a'.repeat(255_999));
});

test("a PDF is shown by the browser's own viewer", async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('desktop');
  await joinRoom(guest, pin);
  await dropFiles(owner, [
    { name: 'paper.pdf', text: pdf() },
    { name: 'pretender.pdf', text: '<script>alert(1)</script>' },
  ]);
  const answers: { status: number; disposition?: string }[] = [];
  guest.on('response', (response) => {
    if (response.url().endsWith('/view')) answers.push({ status: response.status(), disposition: response.headers()['content-disposition']?.split(';')[0] });
  });
  const paper = await look(guest, 'paper.pdf');
  await expect(paper.getByTitle('paper.pdf')).toBeVisible();
  await expect.poll(() => guest.frames().map((frame) => frame.url())).toContainEqual(expect.stringMatching(/^chrome-extension:/));
  expect(answers[0]).toEqual({ status: 200, disposition: 'inline' });
  await paper.getByRole('button', { name: 'Done', exact: true }).click();
  await expect(guest.locator('iframe')).toHaveCount(0);

  const pretender = await look(guest, 'pretender.pdf');
  await expect(pretender.getByRole('status')).toHaveText(FAILED);
  await expect(guest.locator('iframe')).toHaveCount(0);
});

test('what cannot be shown says so, can be downloaded, and harms nothing else', async ({ device }, info) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const broken = [await sample(info, 'broken.png', 1000), await sample(info, 'broken.mp4', 1000)];
  await addFiles(owner, ...broken.map(({ path }) => path), await drawing(owner, info, 'whole.png', 40, 30));
  for (const { name } of broken) {
    const seen = await look(guest, name);
    await expect(seen.getByRole('status')).toHaveText(FAILED);
    const [file] = await Promise.all([guest.waitForEvent('download'), seen.getByRole('link', { name: 'Download' }).click()]);
    expect(file.suggestedFilename()).toBe(name);
    await guest.keyboard.press('Escape');
    await expect(fileRow(owner, name).locator('img'), 'no picture of it either').toHaveCount(0);
  }
  const whole = await look(guest, 'whole.png');
  await expect.poll(() => naturalSize(whole.getByRole('img', { name: 'whole.png' }))).toEqual([40, 30]);
  await expect(whole.getByRole('status')).toBeEmpty();
});

test('only what is all there and can be shown has a preview', async ({ cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address });
  const pin = await createRoom(owner);
  const guest = await device('desktop');
  await joinRoom(guest, pin);
  const samples = await Promise.all([sample(info, 'all.zip', 100), sample(info, 'IMG_1.HEIC', 100), sample(info, 'nothing.txt', 0)]);
  await addFiles(owner, ...samples.map(({ path }) => path));
  for (const { name } of samples) {
    await expect(fileRow(guest, name)).toHaveAttribute('data-state', 'complete');
    await expect(previewButton(guest, name)).toHaveCount(0);
  }
  const slow = await sample(info, 'slow.txt', 8 * MIB);
  cable.allowUpload(2 * MIB);
  await addFiles(owner, slow.path);
  await expect(fileRow(guest, slow.name)).toContainText('Arriving');
  await expect(previewButton(guest, slow.name)).toHaveCount(0);
  cable.allowEverything();
  await expect(previewButton(guest, slow.name)).toBeVisible();
});

test('a file that is removed is not looked at any longer', async ({ device }, info) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  await addFiles(owner, await drawing(owner, info, 'gone.png', 40, 30));
  const seen = await look(guest, 'gone.png');
  await removeFile(owner, 'gone.png');
  await expect(seen).toBeHidden({ timeout: 15_000 });
  await expect(fileRow(guest, 'gone.png')).toHaveCount(0);
});

test('a small picture of every image and film is in its row, for everyone, until the room is closed', async ({ server, device }, info) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const wide = await drawing(owner, info, 'wide.png', 800, 600);
  const tall = await drawing(owner, info, 'tall.png', 300, 900);
  await addFiles(owner, wide, tall, await film(owner, info, 'film.mp4'), (await sample(info, 'plain.bin', 100)).path);
  const pictures = { 'wide.png': [192, 144], 'tall.png': [64, 192], 'film.mp4': [192, 144] };
  const seesThem = async (page: Page) => {
    for (const [name, size] of Object.entries(pictures)) {
      const picture = fileRow(page, name).locator('img');
      await picture.scrollIntoViewIfNeeded();
      await expect.poll(() => naturalSize(picture), name).toEqual(size);
      expect(await picture.boundingBox(), name).toMatchObject({ width: 40, height: 40 });
    }
    await expect(fileRow(page, 'plain.bin').locator('img')).toHaveCount(0);
  };
  await seesThem(owner);
  await seesThem(guest);
  await guest.reload();
  await seesThem(guest);
  await expect(fileRow(owner, 'wide.png'), 'a picture is no receipt').not.toContainText('has it');
  const { bytes, type } = await guest.evaluate(async (src) => {
    const blob = await (await fetch(src)).blob();
    return { bytes: blob.size, type: blob.type };
  }, (await fileRow(guest, 'wide.png').locator('img').getAttribute('src')) ?? '');
  expect(type).toBe('image/webp');
  expect(bytes).toBeLessThanOrEqual(16 * 1024);

  expect((await server.storedFiles()).filter((name) => name.endsWith('.thumbnail'))).toHaveLength(3);
  await owner.getByRole('button', { name: 'Close room' }).click();
  await owner.getByRole('dialog', { name: 'Close this room?' }).getByRole('button', { name: 'Close room' }).click();
  await expect.poll(() => server.storedFiles()).toEqual([]);
});

test('a preview fits the narrowest phone and is for everyone', async ({ device }, info) => {
  const narrow = { context: { viewport: { width: 320, height: 568 } } };
  const owner = await device('iPhone', narrow);
  await createRoom(owner);
  const name = `${'unbreakable'.repeat(8)}.txt`;
  await dropFiles(owner, [{ name, text: `${'unbreakable'.repeat(100)}\n`.repeat(100) }]);
  await addFiles(owner, await drawing(owner, info, 'wide.png', 1600, 300));
  for (const shown of [name, 'wide.png']) {
    const seen = await look(owner, shown);
    await expect(seen.getByRole(shown === name ? 'region' : 'img', { name: shown })).toBeVisible();
    const { x, y, width, height } = (await seen.boundingBox()) ?? { x: -1, y: -1, width: 0, height: 0 };
    expect(x).toBeGreaterThanOrEqual(0);
    expect(y).toBeGreaterThanOrEqual(0);
    expect(x + width).toBeLessThanOrEqual(320);
    expect(y + height).toBeLessThanOrEqual(568);
    for (const target of [seen.getByRole('button', { name: 'Done', exact: true }), seen.getByRole('link', { name: 'Download' })]) {
      expect((await target.boundingBox())?.height, shown).toBeGreaterThanOrEqual(44);
    }
    for (const colorScheme of ['light', 'dark'] as const) {
      await owner.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const { violations } = await new AxeBuilder({ page: owner }).setLegacyMode().analyze();
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join('\n')}`), `${shown}, ${colorScheme}`).toEqual([]);
    }
    await owner.keyboard.press('Escape');
    await expect(seen).toBeHidden();
  }
});

function previewButton(page: Page, name: string): Locator {
  return fileRow(page, name).getByRole('button', { name: 'Preview' });
}

/** Opens the preview of a complete file. */
async function look(page: Page, name: string): Promise<Locator> {
  await lookAt(fileRow(page, name));
  const seen = page.getByRole('dialog', { name });
  await expect(seen).toBeVisible();
  return seen;
}

/** The natural width and height of an image; zeros until it is loaded. */
async function naturalSize(image: Locator): Promise<number[]> {
  return image.evaluate((image) => [(image as HTMLImageElement).naturalWidth, (image as HTMLImageElement).naturalHeight]);
}

/** Lets the browser draw an image, writes it to the disk and returns its path. */
async function drawing(page: Page, info: TestInfo, name: string, width: number, height: number): Promise<string> {
  return onDisk(info, name, await drawPicture(page, width, height));
}

/** Lets the browser record a film, writes it to the disk and returns its path. */
async function film(page: Page, info: TestInfo, name: string): Promise<string> {
  return onDisk(info, name, await recordVideo(page, 2 * MIB));
}

async function onDisk(info: TestInfo, name: string, bytes: Buffer): Promise<string> {
  const path = info.outputPath(name);
  await writeFile(path, bytes);
  return path;
}

/** A PDF with one page and two words on it. */
function pdf(): string {
  const content = 'BT /F1 24 Tf 20 40 Td (Hello, reader) Tj ET';
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${content.length} >> stream\n${content}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let text = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const offset = text.length;
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const table = offsets.map((offset) => `${`${offset}`.padStart(10, '0')} 00000 n \n`).join('');
  return `${text}xref\n0 6\n0000000000 65535 f \n${table}trailer << /Size 6 /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF\n`;
}

/** A room with four files, of which the second cannot be shown. */
async function gallery(page: Page): Promise<void> {
  await createRoom(page);
  await dropFiles(page, ['d.txt', 'c.txt', 'b.bin', 'a.txt'].map((name) => ({ name, text: `This is ${name}.` })));
  for (const name of ['a.txt', 'b.bin', 'c.txt', 'd.txt']) await expect(fileRow(page, name)).toHaveAttribute('data-state', 'complete');
}

test('arrow keys and buttons lead through all previews in the order of the list', async ({ device }) => {
  const owner = await device('desktop');
  await gallery(owner);
  await look(owner, 'a.txt');
  const shows = (name: string) => expect(owner.getByRole('dialog', { name }).getByRole('region', { name })).toHaveText(`This is ${name}.`);
  await shows('a.txt');
  const [before, after] = ['Previous file', 'Next file'].map((name) => owner.getByRole('button', { name }));
  await expect(before).toBeDisabled();
  for (const name of ['c.txt', 'd.txt']) {
    await owner.keyboard.press('ArrowRight');
    await shows(name);
  }
  await expect(after).toBeDisabled();
  await owner.keyboard.press('ArrowRight');
  await shows('d.txt');
  await before.click();
  await shows('c.txt');
  await owner.keyboard.press('ArrowLeft');
  await shows('a.txt');
  await after.click();
  await shows('c.txt');
  // However many were looked at, one step back closes the preview.
  await owner.goBack();
  await expect(owner.getByRole('dialog')).toBeHidden();
  await expect(fileRow(owner, 'a.txt')).toBeVisible();
});

test('a finger swipes to the next preview and back', async ({ device }) => {
  const owner = await device('androidPhone');
  await gallery(owner);
  const seen = await look(owner, 'a.txt');
  const place = await seen.getByRole('region').boundingBox();
  if (place === null) throw new Error('nothing is shown');
  const session = await owner.context().newCDPSession(owner);
  const swipe = async (by: number) => {
    const [x, y] = [place.x + place.width / 2, place.y + place.height / 2];
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', far: number) =>
      session.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x: x + far, y }] });
    await touch('touchStart', 0);
    for (const part of [0.25, 0.5, 0.75, 1]) await touch('touchMove', by * part);
    await touch('touchEnd', by);
  };
  await swipe(-120);
  await expect(owner.getByRole('dialog', { name: 'c.txt' })).toBeVisible();
  await swipe(120);
  await expect(owner.getByRole('dialog', { name: 'a.txt' })).toBeVisible();
});

test('a phone saves a picture by its share sheet', async ({ device }, info) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  await addFiles(owner, await drawing(owner, info, 'harbour.png', 40, 30), (await sample(info, 'notes.txt', 10)).path);
  const phone = await device('iPhone');
  await phone.addInitScript(() => {
    const shared: string[] = [];
    Object.assign(globalThis, { shared });
    Object.defineProperty(Navigator.prototype, 'canShare', { value: ({ files }: { files?: File[] }) => files?.every(({ type }) => type.startsWith('image/')) ?? false });
    const share = async ({ files = [] }: { files?: File[] }) => void shared.push(...files.map(({ name, type, size }) => `${name} ${type} ${size > 0}`));
    Object.defineProperty(Navigator.prototype, 'share', { value: share });
  });
  await joinRoom(phone, pin);
  const seen = await look(phone, 'harbour.png');
  await seen.getByRole('button', { name: 'Save to Photos' }).click();
  await expect.poll(() => phone.evaluate(() => (globalThis as unknown as { shared: string[] }).shared)).toEqual(['harbour.png image/png true']);
  await expect(fileRow(owner, 'harbour.png')).toContainText('1 has it');
  await phone.keyboard.press('ArrowLeft');
  await expect(phone.getByRole('dialog', { name: 'notes.txt' })).toBeVisible();
  await expect(phone.getByRole('button', { name: 'Save to Photos' })).toHaveCount(0);
});

