// Tests how the page uses the reader's device: theme, title and icon of the tab, wake lock, the question before it is
// closed, and notifications.

import type { Locator, Page } from '@playwright/test';

import { addFiles, createRoom, dropFiles, fileRow, joinRoom, reloadRoom, setVisible, standsInRoom, uploadBar } from '../support/room';
import { MIB, sample } from '../support/samples';
import { CUT_OFF, expect, test } from '../support/test';

const LIGHT = { paper: 'rgb(246, 244, 238)', papers: ['#f6f4ee', '#f6f4ee'] };
const DARK = { paper: 'rgb(15, 16, 18)', papers: ['#0f1012', '#0f1012'] };
const SYSTEM_PAPERS = ['#f6f4ee', '#0f1012'];
const OFFER = 'Tell me when files arrive';

test('the theme that was chosen is remembered for a year, and painted by the server', async ({ device }) => {
  const reader = await device('desktop');
  await createRoom(reader);
  const theme = themeSwitch(reader);
  await expect(theme).toHaveAccessibleName('Theme: same as system');
  await theme.click();
  await expect(theme).toHaveAccessibleName('Theme: light');
  await theme.click();
  await expect(theme).toHaveAccessibleName('Theme: dark');
  await expectColours(reader, DARK);

  const answer = await reader.reload();
  expect(await answer?.text()).toMatch(/<html[^>]* data-theme="dark"/);
  await standsInRoom(reader);
  await expect(theme).toHaveAccessibleName('Theme: dark');
  await expectColours(reader, DARK);

  const cookie = (await reader.context().cookies()).find(({ name }) => name === 'theme');
  expect(cookie).toMatchObject({ value: 'dark', path: '/', sameSite: 'Lax' });
  const days = ((cookie?.expires ?? 0) - Date.now() / 1000) / (24 * 3600);
  expect(Math.round(days)).toBe(365);
});

test('without a script a page has the theme that was chosen, and no button that would do nothing', async ({ server, device }) => {
  const reader = await device('desktop', { context: { javaScriptEnabled: false } });
  await reader.context().addCookies([{ name: 'theme', value: 'dark', url: server.address }]);
  await reader.goto('/');
  await expectColours(reader, DARK);
  await expect(themeSwitch(reader)).toHaveCount(0);
});

test('light stays light on a dark system, until the third press follows the system again', async ({ device }) => {
  const reader = await device('desktop', { context: { colorScheme: 'dark' } });
  await createRoom(reader);
  const theme = themeSwitch(reader);
  await expectColours(reader, { paper: DARK.paper, papers: SYSTEM_PAPERS });
  await theme.click();
  await expectColours(reader, LIGHT);
  await theme.click();
  await theme.click();
  await expect(theme).toHaveAccessibleName('Theme: same as system');
  await expectColours(reader, { paper: DARK.paper, papers: SYSTEM_PAPERS });
  await reader.emulateMedia({ colorScheme: 'light' });
  await expectColours(reader, { paper: LIGHT.paper, papers: SYSTEM_PAPERS });
  expect((await reader.context().cookies()).map(({ name }) => name)).not.toContain('theme');
});

test('the button of the theme is large enough for a thumb', async ({ device }) => {
  const reader = await device('iPhone');
  await reader.goto('/');
  const { width, height } = (await themeSwitch(reader).boundingBox()) ?? { width: 0, height: 0 };
  expect(Math.min(width, height)).toBeGreaterThanOrEqual(44);
});

test('the title and the icon of the tab tell how far uploads are, and are themselves again afterwards', async ({ cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address });
  const title = titleOf(await createRoom(owner));
  const icon = owner.locator('link[rel=icon]');
  await expect(owner).toHaveTitle(title);
  await expect(icon).toHaveAttribute('href', '/favicon.svg');

  const film = await sample(info, 'film.mov', 40 * MIB);
  cable.allowUpload(20 * MIB);
  await addFiles(owner, film.path);
  await expect(async () => {
    const percent = /(\d+) %/.exec(await uploadBar(owner).getByRole('paragraph').innerText())?.[1];
    expect(Number(percent)).toBeGreaterThan(30);
    expect(await owner.title()).toBe(`${percent} % · ${title}`);
  }).toPass();
  await expect(icon).toHaveAttribute('href', /^data:image\/svg\+xml,/);
  expect(await isDrawn(icon)).toBe(true);

  cable.allowEverything();
  await expect(fileRow(owner, film.name)).toHaveAttribute('data-state', 'complete', { timeout: 30_000 });
  await expect(owner).toHaveTitle(title);
  await expect(icon).toHaveAttribute('href', '/favicon.svg');
});

test('uploads that are paused are no news in the title', async ({ cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: CUT_OFF });
  const title = titleOf(await createRoom(owner));
  cable.allowBurst(0);
  await addFiles(owner, (await sample(info, 'film.mov', 10 * MIB)).path);
  await expect(owner).toHaveTitle(/^\d+ % · /);
  await uploadBar(owner).getByRole('button', { name: 'Pause all' }).click();
  await expect(owner).toHaveTitle(title);
  await expect(owner.locator('link[rel=icon]')).toHaveAttribute('href', '/favicon.svg');
});

test('files that arrive in the background are counted in the title until the page is seen', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('desktop');
  await joinRoom(guest, pin);
  await dropFiles(owner, [{ name: 'seen.txt', text: 'seen' }]);
  await expect(fileRow(guest, 'seen.txt')).toHaveAttribute('data-state', 'complete');
  await expect(guest).toHaveTitle(titleOf(pin));

  await setVisible(guest, false);
  await dropFiles(owner, [{ name: 'one.txt', text: 'one' }, { name: 'two.txt', text: 'two' }]);
  await expect(guest).toHaveTitle(`(2) ${titleOf(pin)}`);
  await setVisible(guest, true);
  await expect(guest).toHaveTitle(titleOf(pin));
});

test('the sender of files is not told that they arrived', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  await setVisible(owner, false);
  await dropFiles(owner, [{ name: 'own.txt', text: 'own' }]);
  await expect(fileRow(owner, 'own.txt')).toHaveAttribute('data-state', 'complete');
  await expect(owner).toHaveTitle(titleOf(pin));
});

test('a page asks before it closes while an upload moves, and closes without a question afterwards', async ({ cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address });
  await createRoom(owner);
  // Before a page is closed, browsers ask only if the user has interacted with it.
  await owner.getByRole('heading', { name: 'Files' }).click();
  const film = await sample(info, 'film.mov', 10 * MIB);
  cable.allowBurst(0);
  await addFiles(owner, film.path);
  await expect(uploadBar(owner)).toBeVisible();

  const asked = owner.waitForEvent('dialog');
  await owner.close({ runBeforeUnload: true });
  const question = await asked;
  expect(question.type()).toBe('beforeunload');
  await question.dismiss();
  cable.allowEverything();
  await expect(fileRow(owner, film.name)).toHaveAttribute('data-state', 'complete', { timeout: 30_000 });
  await expect(uploadBar(owner)).toHaveCount(0);

  const questions: string[] = [];
  owner.on('dialog', (dialog) => {
    questions.push(dialog.type());
    void dialog.accept();
  });
  const closed = owner.waitForEvent('close');
  await owner.close({ runBeforeUnload: true });
  await closed;
  expect(questions).toEqual([]);
});

test.describe('at home, over TLS and a name of the network', () => {
  test.use({ overTls: true });

  test('the screen stays on while uploads move, and only then', async ({ cable, device }, info) => {
    const owner = await device('androidPhone', { address: cable.address, noise: CUT_OFF });
    await watchWakeLocks(owner);
    await createRoom(owner);
    expect(await wakeLocks(owner)).toEqual({ asked: 0, held: 0 });
    const film = await sample(info, 'film.mov', 10 * MIB);
    cable.allowBurst(0);
    await addFiles(owner, film.path);
    await expect.poll(() => wakeLocks(owner)).toEqual({ asked: 1, held: 1 });

    // A browser releases the lock when the page is hidden, so the page has to ask for it again.
    await setVisible(owner, false);
    await setVisible(owner, true);
    await expect.poll(() => wakeLocks(owner)).toEqual({ asked: 2, held: 1 });

    const row = fileRow(owner, film.name);
    await row.getByRole('button', { name: 'Pause' }).click();
    await expect.poll(() => wakeLocks(owner)).toEqual({ asked: 2, held: 0 });
    await setVisible(owner, false);
    await setVisible(owner, true);
    cable.allowEverything();
    await row.getByRole('button', { name: 'Resume' }).click();
    await expect(row).toHaveAttribute('data-state', 'complete', { timeout: 30_000 });
    await expect.poll(() => wakeLocks(owner)).toEqual({ asked: 3, held: 0 });
  });

  test('somebody who comes back while files arrive is offered notifications, and then gets them', async ({ cable, device }, info) => {
    const owner = await device('desktop', { address: cable.address });
    const pin = await createRoom(owner);
    const guest = await device('desktop');
    await recordNotices(guest, 'default');
    await joinRoom(guest, pin);
    const offer = guest.getByRole('button', { name: OFFER });
    await leaveAndComeBack(guest);
    await expect(offer, 'while nothing arrives').toHaveCount(0);

    const film = await sample(info, 'film.mov', 10 * MIB);
    cable.allowBurst(0);
    await addFiles(owner, film.path);
    await expect(fileRow(guest, film.name)).toContainText('Arriving');
    await expect(offer, 'before anybody left').toHaveCount(0);
    await leaveAndComeBack(guest);
    expect(await notices(guest)).toEqual({ asked: 0, notifications: [] });
    await offer.click();
    await expect(offer).toHaveCount(0);
    expect(await notices(guest)).toEqual({ asked: 1, notifications: [] });

    await setVisible(guest, false);
    cable.allowEverything();
    const notifications = [{ by: 'page', words: '“film.mov” is here.', body: `SnapDrop room ${grouped(pin)}` }];
    await expect.poll(() => notices(guest), { timeout: 30_000 }).toEqual({ asked: 1, notifications });
  });

  test('an offer that was declined is not made again', async ({ cable, device }, info) => {
    const owner = await device('desktop', { address: cable.address });
    const pin = await createRoom(owner);
    const guest = await device('desktop');
    await recordNotices(guest, 'default');
    await joinRoom(guest, pin);
    const film = await sample(info, 'film.mov', 10 * MIB);
    cable.allowBurst(0);
    await addFiles(owner, film.path);
    await expect(fileRow(guest, film.name)).toContainText('Arriving');
    await leaveAndComeBack(guest);
    await guest.getByRole('button', { name: 'No, thank you' }).click();
    await expect(guest.getByRole('button', { name: OFFER })).toHaveCount(0);

    await reloadRoom(guest);
    await expect(fileRow(guest, film.name)).toContainText('Arriving');
    await leaveAndComeBack(guest);
    await expect(guest.getByRole('button', { name: OFFER })).toHaveCount(0);
    expect(await notices(guest)).toEqual({ asked: 0, notifications: [] });
  });

  test('a service worker shows what arrived in the background, and nothing that was seen', async ({ device }) => {
    const owner = await device('desktop');
    const pin = await createRoom(owner);
    const guest = await device('androidPhone');
    await recordNotices(guest, 'granted', 'worker');
    await joinRoom(guest, pin);
    await dropFiles(owner, [{ name: 'seen.txt', text: 'seen' }]);
    await expect(fileRow(guest, 'seen.txt')).toHaveAttribute('data-state', 'complete');
    await setVisible(guest, false);
    await dropFiles(owner, [{ name: 'unseen.txt', text: 'unseen' }]);
    const notifications = [{ by: 'worker', words: '“unseen.txt” is here.', body: `SnapDrop room ${grouped(pin)}` }];
    await expect.poll(() => notices(guest)).toEqual({ asked: 0, notifications });
  });

  test('an upload that ends in the background is announced by a notification', async ({ cable, device }, info) => {
    const owner = await device('desktop', { address: cable.address });
    await recordNotices(owner, 'granted');
    const pin = await createRoom(owner);
    cable.allowBurst(0);
    await addFiles(owner, (await sample(info, 'film.mov', 10 * MIB)).path);
    await expect(uploadBar(owner)).toBeVisible();
    await setVisible(owner, false);
    cable.allowEverything();
    const notifications = [{ by: 'page', words: 'All files are sent.', body: `SnapDrop room ${grouped(pin)}` }];
    await expect.poll(() => notices(owner), { timeout: 30_000 }).toEqual({ asked: 0, notifications });
  });

  test('a browser that refuses every notice still counts in the title', async ({ device }) => {
    const owner = await device('desktop');
    const pin = await createRoom(owner);
    const guest = await device('desktop');
    await recordNotices(guest, 'granted', 'nobody');
    await joinRoom(guest, pin);
    await setVisible(guest, false);
    await dropFiles(owner, [{ name: 'a.txt', text: 'a' }]);
    await expect.poll(async () => (await notices(guest)).notifications.map(({ by }) => by)).toEqual(['worker', 'page']);
    await expect(guest).toHaveTitle(`(1) ${titleOf(pin)}`);
    await dropFiles(owner, [{ name: 'b.txt', text: 'b' }]);
    await expect(guest).toHaveTitle(`(2) ${titleOf(pin)}`);
  });
});

function themeSwitch(page: Page): Locator {
  return page.getByRole('button', { name: /^Theme: / });
}

async function expectColours(page: Page, { paper, papers }: { paper: string; papers: string[] }): Promise<void> {
  await expect(page.locator('html')).toHaveCSS('background-color', paper);
  const metas = page.locator('meta[name=theme-color]');
  for (const [at, content] of papers.entries()) await expect(metas.nth(at)).toHaveAttribute('content', content);
}

function grouped(pin: string): string {
  return `${pin.slice(0, 3)}\u00a0${pin.slice(3)}`;
}

function titleOf(pin: string): string {
  return `${grouped(pin)} · SnapDrop`;
}

/** Whether the browser can draw the icon of the link under the page's content security policy. */
async function isDrawn(icon: Locator): Promise<boolean> {
  return icon.evaluate(async (link) => {
    const image = new Image();
    image.src = (link as HTMLLinkElement).href;
    await image.decode();
    return image.width > 0;
  });
}

async function leaveAndComeBack(page: Page): Promise<void> {
  await setVisible(page, false);
  await setVisible(page, true);
}

interface WakeLocks {
  asked: number;
  held: number;
}

/** Counts the wake locks that the page asks for and holds. If the browser refuses one, as it may without a screen, the page
 *  gets one without effect. */
async function watchWakeLocks(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const locks = { asked: 0, held: 0 };
    Object.assign(globalThis, { locks });
    const { wakeLock } = navigator;
    const ask = wakeLock.request.bind(wakeLock);
    wakeLock.request = async (type) => {
      locks.asked += 1;
      const real = await ask(type).catch(() => undefined);
      locks.held += 1;
      let isHeld = true;
      const release = async () => {
        if (isHeld) locks.held -= 1;
        isHeld = false;
        await real?.release();
      };
      return { release } as unknown as WakeLockSentinel;
    };
  });
}

async function wakeLocks(page: Page): Promise<WakeLocks> {
  return page.evaluate(() => (globalThis as unknown as { locks: WakeLocks }).locks);
}

interface Notices {
  /** How often the user was asked for the permission. */
  asked: number;
  /** The notifications that the page showed or tried to show, and by which means it did so. */
  notifications: { by: 'page' | 'worker'; words: string; body: string }[];
}

/** Records the page's notifications instead of showing them. If they are shown by `page`, there is no service worker that
 *  could show them; if by `nobody`, every attempt to show one fails. */
async function recordNotices(page: Page, permission: NotificationPermission, shownBy: 'page' | 'worker' | 'nobody' = 'page'): Promise<void> {
  await page.addInitScript(
    ({ permission, shownBy }) => {
      const notices: { asked: number; notifications: unknown[] } = { asked: 0, notifications: [] };
      const record = (by: string, words: string, { body }: NotificationOptions = {}) => {
        notices.notifications.push({ by, words, body });
        if (shownBy === 'nobody') throw new TypeError('refused');
      };
      class Recorded extends EventTarget {
        constructor(words: string, options?: NotificationOptions) {
          super();
          record('page', words, options);
        }
        close() {}
      }
      const requestPermission = async () => {
        notices.asked += 1;
        return Object.assign(Recorded, { permission: 'granted' }).permission;
      };
      Object.assign(Recorded, { permission, requestPermission });
      const registration = { showNotification: async (words: string, options?: NotificationOptions) => record('worker', words, options) };
      Object.assign(globalThis, { notices, Notification: Recorded });
      const found = (shownBy === 'page' ? undefined : registration) as ServiceWorkerRegistration | undefined;
      ServiceWorkerContainer.prototype.getRegistration = async () => found;
    },
    { permission, shownBy },
  );
}

async function notices(page: Page): Promise<Notices> {
  return page.evaluate(() => (globalThis as unknown as { notices: Notices }).notices);
}
