// The main journey in WebKit, the engine of Safari: two people on screens as wide as phones. Everything that their pages complain
// about fails the test.

import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { MIB, sample } from '../support/samples';
import { Server } from '../support/server';
import { Tap } from '../support/tap';
import { WebKit } from '../support/webkit';
import { expect, test as base } from '@playwright/test';

/** What the pages complain about when the server is killed. */
const CUT_OFF = /^(error|rejection|console): .*(WebSocket|network|connection|Load failed)/i;

interface Fixtures {
  /** Command-line flags of the server. */
  flags: string[];
  server: Server;
  tap: Tap;
  person: (options?: { width?: number; height?: number; language?: string }) => Promise<WebKit>;
}

const test = base.extend<Fixtures>({
  flags: [[], { option: true }],
  server: async ({ flags }, use) => {
    const server = await Server.start(flags);
    await use(server);
    expect(await server.dispose()).toBe(0);
    expect(server.complaints()).toEqual([]);
  },
  tap: async ({ server }, use) => {
    const tap = await Tap.on(server.address);
    await use(tap);
    tap.close();
  },
  person: async ({ tap }, use) => {
    const people: WebKit[] = [];
    await use(async (options) => {
      const person = await WebKit.start(tap.address, options);
      people.push(person);
      return person;
    });
    await Promise.all(people.map((person) => person.dispose()));
  },
});

/** Opens a room and returns its PIN. */
async function createRoom(owner: WebKit): Promise<string> {
  await owner.open('/');
  await owner.press('Create room');
  await owner.reads('.members', 'Connected');
  return (await owner.driver.getCurrentUrl()).slice(-6);
}

async function joinRoom(guest: WebKit, pin: string): Promise<void> {
  await guest.open('/');
  await guest.type('#pin', pin);
  await guest.reads('.members', 'Connected');
}

/** The SHA-256 of a file that a person has saved, once it is there whole. */
async function saved(person: WebKit, name: string, sha256: string): Promise<void> {
  const folders = ['Downloads', 'downloads', '.'].map((folder) => join(person.home, folder));
  const sum = async () => {
    const found = folders.map((folder) => join(folder, name)).find(existsSync);
    if (found === undefined) return `no ${name} among ${(await readdir(person.home)).join(', ')}`;
    const hash = createHash('sha256');
    for await (const part of createReadStream(found)) hash.update(part as Buffer);
    return hash.digest('hex');
  };
  await expect.poll(sum, { timeout: 30_000 }).toBe(sha256);
}

test('two people hand files over, look at them, and close the room', async ({ person, tap }, info) => {
  const [owner, guest] = await Promise.all([person(), person()]);
  const pin = await createRoom(owner);
  await joinRoom(guest, pin);
  await owner.reads('.members', '2 here');

  const film = await sample(info, 'film.bin', 5 * MIB);
  const notes = info.outputPath('notes.txt');
  await writeFile(notes, 'Short notes.');
  const picture = info.outputPath('picture.png');
  await writeFile(picture, await drawn(owner));
  await owner.give(film.path, notes, picture);
  for (const name of ['film.bin', 'notes.txt', 'picture.png']) await guest.reads('.files', name);
  await guest.driver.wait(async () => (await guest.driver.executeScript<number>(`return document.querySelectorAll('.file[data-state=complete]').length`)) === 3, 20_000);
  await guest.shown('.file-kind img');

  await guest.driver.executeScript(`[...document.querySelectorAll('.file')].find((row) => row.innerText.includes('film.bin')).querySelector('.file-download').click()`);
  await saved(guest, 'film.bin', film.sha256);
  await owner.reads('.files', '1 has it');

  // WebKit stretches a dialog that is a grid to the height of the screen.
  await lookAt(guest, 'notes.txt');
  await guest.reads('.preview', 'Short notes.');
  expect((await guest.size('.preview')).height).toBeLessThan(320);
  await guest.press('Done', '.preview');
  await lookAt(guest, 'picture.png');
  await guest.shown('.preview img');
  await guest.escape();

  await owner.press('Close room');
  await owner.reads('.question[open]', 'Close this room?');
  const question = await owner.size('.question[open]');
  expect(question.height).toBeLessThan(420);
  const button = await owner.size('.question[open] .button');
  expect(button.height).toBeLessThan(64);
  await writeFile(info.outputPath('question.png'), await owner.driver.takeScreenshot(), 'base64');
  await owner.press('Close room', '.question[open]');
  await guest.reads('main', 'closed');
  expect(tap.complaints).toEqual([]);
});

test('a large upload goes on after the server was killed, and the rooms come back live', async ({ person, server, tap }, info) => {
  test.setTimeout(120_000);
  const [owner, guest] = await Promise.all([person({ width: 1200, height: 800 }), person()]);
  await joinRoom(guest, await createRoom(owner));
  const film = await sample(info, 'film.bin', 300 * MIB);
  await owner.give(film.path);
  await guest.driver.wait(async () => /Arriving \d\d %/.test(await guest.text('.files')), 30_000, 'a part of the file');
  await server.kill();
  await owner.reads('.link-status', 'Reconnecting');
  await server.startAgain();
  await guest.shown('.file[data-state=complete]');
  expect(await owner.text('.link-status')).toBe('');
  await guest.driver.executeScript(`document.querySelector('.file-download').click()`);
  await saved(guest, 'film.bin', film.sha256);
  expect(tap.complaints.filter((complaint) => !CUT_OFF.test(complaint))).toEqual([]);
});

test('Arabic runs from the right, the theme turns dark, and every kind of page is there', async ({ person, tap }, info) => {
  const reader = await person();
  await reader.open('/');
  await reader.driver.executeScript(`document.cookie = 'language=ar; path=/'`);
  await reader.open('/');
  await turnsDark(reader);
  const look = () => reader.driver.executeScript<unknown>(`return [document.dir, document.documentElement.dataset.theme, document.documentElement.scrollWidth <= innerWidth]`);
  expect(await look()).toEqual(['rtl', 'dark', true]);
  await writeFile(info.outputPath('home.png'), await reader.driver.takeScreenshot(), 'base64');
  const pin = await createRoomInArabic(reader);
  expect(await look()).toEqual(['rtl', 'dark', true]);
  await writeFile(info.outputPath('room.png'), await reader.driver.takeScreenshot(), 'base64');
  for (const path of [`/join/${pin}`, '/nothing/here']) {
    await reader.open(path);
    expect(await look()).toEqual(['rtl', 'dark', true]);
    await turnsDark(reader);
  }
  expect(tap.complaints).toEqual(['404: GET /nothing/here']);
});

/** Presses the switch of the theme until the page has turned to another one and then dark again. Presses before the page is alive
 *  are done together when it is, so afterwards nothing of the page waits to be loaded that would fail when it is left. */
async function turnsDark(reader: WebKit): Promise<void> {
  const theme = () => reader.driver.executeScript<string | null>(`return document.documentElement.dataset.theme ?? null`);
  const press = () => reader.driver.executeScript(`document.querySelector('.theme-switch').click()`);
  const before = await theme();
  for (const isReached of [(now: string | null) => now !== before, (now: string | null) => now === 'dark']) {
    await reader.driver.wait(async () => {
      if (isReached(await theme())) return true;
      await press();
      return false;
    }, 20_000);
  }
}

async function createRoomInArabic(reader: WebKit): Promise<string> {
  await reader.driver.executeScript(`document.querySelector('form[action="/create"] button').click()`);
  await reader.reads('.members', 'متصل');
  return (await reader.driver.getCurrentUrl()).slice(-6);
}

/** Opens the preview of a file from its row. */
async function lookAt(person: WebKit, name: string): Promise<void> {
  await person.driver.executeScript(`[...document.querySelectorAll('.file')].find((row) => row.innerText.includes(arguments[0])).querySelector('.file-text').click()`, name);
}

/** A picture as PNG that the browser draws. */
async function drawn(person: WebKit): Promise<Buffer> {
  const address = await person.driver.executeScript<string>(`
    const canvas = Object.assign(document.createElement('canvas'), { width: 400, height: 300 });
    const context = canvas.getContext('2d');
    context.fillStyle = 'orange';
    context.fillRect(40, 30, 320, 240);
    return canvas.toDataURL('image/png');`);
  return Buffer.from(address.replace(/^.*,/, ''), 'base64');
}

test('each kind of file is looked at in place, or the page says that it cannot be shown', async ({ person, tap }, info) => {
  const [owner, guest] = await Promise.all([person(), person()]);
  await joinRoom(guest, await createRoom(owner));
  const files: Record<string, Buffer> = {
    'drawing.svg': Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><script>document.title = "run"</script><rect width="40" height="30"/></svg>'),
    'picture.png': await drawn(owner),
    'tone.wav': tone(),
    'notes.txt': Buffer.from('Short notes.'),
    'paper.pdf': Buffer.from('%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF'),
    'no film.mp4': Buffer.from('not a film'),
  };
  for (const [name, content] of Object.entries(files)) await writeFile(info.outputPath(name), content);
  await owner.give(...Object.keys(files).map((name) => info.outputPath(name)));
  await guest.driver.wait(async () => (await guest.driver.executeScript<number>(`return document.querySelectorAll('.file[data-state=complete]').length`)) === Object.keys(files).length, 20_000);
  const shows = async (name: string, tag: string, isShown: string) => {
    await lookAt(guest, name);
    await guest.reads('.preview', name);
    const script = `const shown = document.querySelector('.preview ${tag}'); return shown !== null && (${isShown})`;
    await guest.driver.wait(() => guest.driver.executeScript<boolean>(script), 20_000, `${name} to be shown`);
    await guest.escape();
  };
  await shows('drawing.svg', 'img', 'shown.naturalWidth === 40');
  await shows('picture.png', 'img', 'shown.naturalWidth === 400');
  await shows('tone.wav', 'audio', 'shown.duration === 1 && shown.readyState > 0');
  await shows('notes.txt', 'pre', 'shown.textContent === "Short notes."');
  await shows('paper.pdf', 'iframe', 'navigator.pdfViewerEnabled && shown.src.endsWith("/view")');
  await lookAt(guest, 'no film.mp4');
  await guest.reads('.preview', 'This file cannot be shown here.');
  await guest.escape();
  expect(await guest.driver.getTitle()).not.toContain('run');
  // The film that is none ends with an event that has no message.
  expect(tap.complaints).toEqual(['error: undefined']);
});

/** A second of sound, as WAVE. */
function tone(): Buffer {
  const rate = 8000;
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + rate, 4);
  header.write('WAVEfmt ', 8);
  // PCM, one channel, so many samples and bytes in a second, one byte and eight bits for each.
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate, 28);
  header.writeUInt16LE(1, 32);
  header.writeUInt16LE(8, 34);
  header.write('data', 36);
  header.writeUInt32LE(rate, 40);
  return Buffer.concat([header, Buffer.from(Array.from({ length: rate }, (_, at) => 128 + Math.round(100 * Math.sin(at / 3))))]);
}

test.describe('over TLS', () => {
  test.use({ flags: ['--tls-self-signed'] });

  test('a device that trusts the server hands a file over', async ({ server }, info) => {
    const people: WebKit[] = [];
    try {
      for (let count = 0; count < 2; count += 1) people.push(await WebKit.start(server.address, { authority: server.authority }));
      const [owner, guest] = people;
      await joinRoom(guest, await createRoom(owner));
      expect(await owner.driver.executeScript('return [isSecureContext, location.protocol]')).toEqual([true, 'https:']);
      await owner.reads('.members', '2 here');
      const film = await sample(info, 'film.bin', 5 * MIB);
      await owner.give(film.path);
      await guest.shown('.file[data-state=complete]');
      await guest.driver.executeScript(`document.querySelector('.file-download').click()`);
      await saved(guest, 'film.bin', film.sha256);
    } finally {
      await Promise.all(people.map((each) => each.dispose()));
    }
  });
});
