// Tests SnapDrop as an installed app: Chromium's criteria, the service worker, and files that are opened with the app.

import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { type Server as Listener, createServer, request } from 'node:http';
import { type AddressInfo, type Socket, connect } from 'node:net';

import type { Page, Response } from '@playwright/test';

import { putIntoBrowser } from '../support/handles';
import { hasWorker, shared } from '../support/installed_app';
import { addFiles, createRoom, download, fileRow, standsInRoom, takesDrops, uploadBar } from '../support/room';
import { MIB, sample, sha256Of } from '../support/samples';
import { CONNECTION_LOST, test as base, expect } from '../support/test';
import { LAN_NAME, lanOptions } from '../support/trusting';

/** Allows service workers, which the fixtures block by default. */
const WORKERS = { context: { serviceWorkers: 'allow' as const }, noise: CONNECTION_LOST };

const FILM = 'IMG_4402 harbour.mov';
const FILM_BYTES = 8 * MIB;

const READY = 'A new version is ready.';
const LATER = 'A new version is ready. It starts after your uploads.';

/** A proxy in front of the cable. It passes everything on unchanged except the service worker's script, in which it can
 *  raise the version. */
class Front {
  private readonly sockets = new Set<Socket>();
  private releases = 0;

  private constructor(
    private readonly listener: Listener,
    /** The address to open instead of the server's: scheme, host and port. */
    readonly address: string,
  ) {}

  static async of(target: string): Promise<Front> {
    const { hostname, port } = new URL(target);
    const listener = createServer();
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const front = new Front(listener, `http://127.0.0.1:${(listener.address() as AddressInfo).port}`);
    listener.on('connection', (socket) => {
      front.sockets.add(socket);
      socket.on('close', () => front.sockets.delete(socket));
    });
    listener.on('request', async (asked, answer) => {
      if (asked.url === '/sw.js') {
        const script = await (await fetch(`${target}/sw.js`)).text();
        answer.writeHead(200, { 'Content-Type': 'text/javascript', 'Cache-Control': 'no-cache' });
        answer.end(script.replace(/(?<=const VERSION = `\$\{OWN\})\w+/, (version) => `${version}-${front.releases}`));
        return;
      }
      const passed = request({ hostname, port, method: asked.method, path: asked.url, headers: asked.headers }, (given) => {
        answer.writeHead(given.statusCode ?? 502, given.rawHeaders);
        given.pipe(answer);
      });
      passed.on('error', () => answer.destroy());
      answer.on('close', () => passed.destroy());
      asked.pipe(passed);
    });
    listener.on('upgrade', (asked, socket, head) => {
      const server = connect(Number(port), hostname);
      const names = asked.rawHeaders.filter((_, at) => at % 2 === 0);
      const headers = names.map((name, at) => `${name}: ${asked.rawHeaders[at * 2 + 1]}\r\n`).join('');
      server.write(`${asked.method} ${asked.url} HTTP/1.1\r\n${headers}\r\n`);
      server.write(head);
      server.pipe(socket).pipe(server);
      // When one half of the connection ends, for whatever reason, the other half is ended, too.
      server.on('error', () => {}).on('close', () => socket.destroy());
      socket.on('error', () => {}).on('close', () => server.destroy());
    });
    return front;
  }

  /** Makes the proxy serve a newer service worker from now on. */
  release(): void {
    this.releases += 1;
  }

  async close(): Promise<void> {
    const closed = once(this.listener, 'close');
    this.listener.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

const test = base.extend<{ front: Front }>({
  front: async ({ cable }, use) => {
    const front = await Front.of(cable.address);
    await use(front);
    await front.close();
  },
});

test.describe('at home, over TLS and a name of the network', () => {
  test.use({ overTls: true });

  test('Chromium finds nothing that keeps SnapDrop from being installed', async ({ server, playwright }) => {
    // The profile is on the disk, because apps cannot be installed from a private window.
    const { home, options } = await lanOptions(server, true);
    const context = await playwright.chromium.launchPersistentContext('', { ...WORKERS.context, ...options });
    const page = context.pages()[0] ?? (await context.newPage());
    const address = server.address.replace('127.0.0.1', LAN_NAME);
    await page.goto(address);
    await hasWorker(page);
    const chromium = await context.newCDPSession(page);
    const { url, errors, data } = await chromium.send('Page.getAppManifest');
    expect(url).toBe(`${address}/manifest.webmanifest?language=en`);
    expect(errors).toEqual([]);
    expect(JSON.parse(data ?? '')).toMatchObject({ name: 'SnapDrop', display: 'standalone', share_target: { action: '/share' } });
    const { installabilityErrors } = await chromium.send('Page.getInstallabilityErrors');
    expect(installabilityErrors).toEqual([]);
    await context.close();
    await rm(home, { recursive: true, force: true });
  });

  test('an app that was started once says that the server or the network is missing, and comes back by itself', async ({ cable, device }) => {
    const phone = await device('androidPhone', { ...WORKERS, address: cable.address });
    await phone.goto('/');
    await hasWorker(phone);
    await cable.cut();
    for (const path of ['/r/123456', '/']) {
      await phone.goto(path);
      await expect(phone.getByRole('heading', { name: 'The server cannot be reached.' })).toBeVisible();
      await expect(phone.getByRole('heading', { name: 'You are offline.' })).toBeHidden();
      await expect(phone.getByRole('link', { name: 'Try again' })).toHaveAttribute('href', '/');
      expect(await phone.evaluate(() => [...document.styleSheets].map((sheet) => sheet.cssRules.length > 0))).toEqual([true]);
    }
    await phone.context().setOffline(true);
    await expect(phone.getByRole('heading', { name: 'You are offline.' })).toBeVisible();
    await expect(phone.getByRole('heading', { name: 'The server cannot be reached.' })).toBeHidden();
    await phone.context().setOffline(false);
    await expect(phone.getByRole('heading', { name: 'The server cannot be reached.' })).toBeVisible();
    await cable.mend();
    await expect(phone.getByRole('button', { name: 'Create room' })).toBeVisible({ timeout: 20_000 });
  });

  test('the second start takes the program from the worker, and next to nothing from the network', async ({ cable, device }) => {
    const phone = await device('androidPhone', { ...WORKERS, address: cable.address });
    await phone.goto('/');
    await hasWorker(phone);
    const before = cable.downloadedBytes;
    const answers: Response[] = [];
    phone.on('response', (response) => {
      if (pathOf(response).startsWith('/pkg/')) answers.push(response);
    });
    await phone.reload();
    await takesDrops(phone);
    expect(new Set(answers.map((answer) => pathOf(answer).split('.').at(-1)))).toEqual(new Set(['css', 'js', 'wasm']));
    for (const answer of answers) expect(answer.fromServiceWorker(), answer.url()).toBe(true);
    expect(cable.downloadedBytes - before).toBeLessThan(64 * 1024);
  });

  test('a file that is opened with the app is sent when a room is created', async ({ device }, info) => {
    const desktop = await device('desktop');
    await hasLaunches(desktop);
    await desktop.goto('/');
    await takesDrops(desktop);
    const { name, path, sha256 } = await sample(info, 'Budget 2027.xlsx', 5000);
    await putIntoBrowser(desktop, { name, path });
    await launch(desktop, '/?do=open', [name]);
    await expect(shared(desktop)).toContainText('1 file shared');
    await shared(desktop).getByRole('button', { name: 'Create room' }).click();
    await standsInRoom(desktop);
    await expect(fileRow(desktop, name)).toHaveAttribute('data-state', 'complete');
    expect(await sha256Of(await download(desktop, fileRow(desktop, name)))).toBe(sha256);
  });

  test('a shortcut leads to the first page without loading the app again, and the icon leaves it where it is', async ({ device }) => {
    const desktop = await device('desktop');
    await hasLaunches(desktop);
    const pin = await createRoom(desktop);
    let loads = 0;
    desktop.on('load', () => {
      loads += 1;
    });
    await launch(desktop, '/');
    await expect(desktop).toHaveURL(`/r/${pin}`);
    await launch(desktop, '/?do=join');
    await expect(desktop.getByRole('textbox', { name: 'PIN' })).toBeVisible();
    expect(loads).toBe(0);
  });
});

test('every picture that the manifest names is there, as it says', async ({ server }) => {
  type Picture = Record<'src' | 'sizes' | 'type', string>;
  const answer = await fetch(`${server.address}/manifest.webmanifest`);
  expect(answer.headers.get('content-type')).toBe('application/manifest+json');
  const { icons, screenshots, shortcuts } = (await answer.json()) as Record<'icons' | 'screenshots', Picture[]> & { shortcuts: { icons: Picture[] }[] };
  for (const { src, sizes, type } of [...icons, ...screenshots, ...shortcuts.flatMap(({ icons }) => icons)]) {
    const picture = await fetch(server.address + src);
    expect([picture.status, picture.headers.get('content-type')], src).toEqual([200, type]);
    const bytes = Buffer.from(await picture.arrayBuffer());
    // The header of a PNG has the width at byte 16 and the height at byte 20.
    if (type === 'image/png') expect(`${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`, src).toBe(sizes);
  }
});

test('neither files nor anything else of the API pass the worker, and a download is asked for once', async ({ cable, device }, info) => {
  const owner = await device('desktop', { ...WORKERS, address: cable.address });
  await owner.goto('/');
  await hasWorker(owner);
  const answers: Response[] = [];
  owner.on('response', (response) => {
    if (pathOf(response).startsWith('/api/')) answers.push(response);
  });
  await createRoom(owner);
  const film = await sample(info, FILM, FILM_BYTES);
  await addFiles(owner, film.path);
  await expect(fileRow(owner, film.name)).toHaveAttribute('data-state', 'complete');

  const before = cable.downloadedBytes;
  expect(await sha256Of(await download(owner, fileRow(owner, film.name)))).toBe(film.sha256);
  // Without the link's attribute `download`, the same address is opened as if it were a page.
  const address = await fileRow(owner, film.name).getByRole('link', { name: 'Download' }).getAttribute('href');
  const [opened] = await Promise.all([
    owner.waitForEvent('download'),
    owner.evaluate((address) => {
      location.href = address ?? '';
    }, address),
  ]);
  expect(await sha256Of(opened)).toBe(film.sha256);
  expect(cable.downloadedBytes - before).toBeLessThan(2.5 * FILM_BYTES);
  expect(answers.map((answer) => answer.request().method())).toEqual(expect.arrayContaining(['POST', 'PATCH']));
  for (const answer of answers) expect(answer.fromServiceWorker(), answer.url()).toBe(false);
});

test('a newer version is announced, and used when Reload is pressed', async ({ front, device }) => {
  const page = await device('desktop', { ...WORKERS, address: front.address });
  await page.goto('/');
  await hasWorker(page);
  const [first] = await keptVersions(page);
  expect(first).toMatch(/^snapdrop \/ [0-9a-f]{16}-0$/);
  await expect(page.getByText(READY)).toHaveCount(0);

  // Programs of one host share a list of caches. Earlier versions named theirs like the second of these.
  await page.evaluate(() => Promise.all([caches.open('of a neighbour'), caches.open('0123456789abcdef')]));
  front.release();
  await looksForNewer(page);
  await expect(page.getByText(READY)).toBeVisible();
  expect(await keptVersions(page)).toContain(first);
  await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name: 'Reload' }).click()]);
  await hasWorker(page);
  await expect.poll(() => keptVersions(page)).toEqual(['of a neighbour', first.replace(/0$/, '1')]);
  await takesDrops(page);
  await expect(page.getByText(READY)).toHaveCount(0);
});

test('a newer version waits for uploads, and takes none of them with it', async ({ front, cable, device }, info) => {
  const owner = await device('desktop', { ...WORKERS, address: front.address });
  await owner.goto('/');
  await hasWorker(owner);
  await createRoom(owner);
  const film = await sample(info, FILM, FILM_BYTES);
  cable.allowBurst(0);
  await addFiles(owner, film.path);
  await expect(uploadBar(owner)).toContainText('Sending 1 file');

  front.release();
  await looksForNewer(owner);
  await expect(owner.getByText(LATER)).toBeVisible();
  await expect(owner.getByRole('button', { name: 'Reload' })).toHaveCount(0);
  await uploadBar(owner).getByRole('button', { name: 'Pause all' }).click();
  await expect(uploadBar(owner)).toContainText('paused');
  await expect(owner.getByText(LATER)).toBeVisible();

  cable.allowEverything();
  await uploadBar(owner).getByRole('button', { name: 'Resume all' }).click();
  await expect(fileRow(owner, film.name)).toHaveAttribute('data-state', 'complete', { timeout: 30_000 });
  await expect(owner.getByText(READY, { exact: true })).toBeVisible();
  await expect(owner.getByRole('button', { name: 'Reload' })).toBeVisible();
  expect(await sha256Of(await download(owner, fileRow(owner, film.name)))).toBe(film.sha256);
});

test('the first page says on iPhones and iPads what to do instead of sharing, and nowhere else', async ({ device }) => {
  for (const [name, count] of [['iPhone', 1], ['iPadAsMac', 1], ['androidPhone', 0], ['desktop', 0]] as const) {
    const page = await device(name);
    await page.goto('/');
    await takesDrops(page);
    await expect(page.getByText('On iPhone and iPad, open SnapDrop and choose the photos there.'), name).toHaveCount(count);
  }
});

/** Makes the browser look for a newer service worker, as it does by itself from time to time. */
async function looksForNewer(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await (await navigator.serviceWorker.ready).update();
  });
}

/** The versions of the app whose files the service worker has in its caches. */
async function keptVersions(page: Page): Promise<string[]> {
  return page.evaluate(() => caches.keys());
}

function pathOf(response: Response): string {
  return new URL(response.url()).pathname;
}

/** What the init script of `hasLaunches` keeps on the page. */
interface Launches {
  launchQueue: { add(launch: { targetURL: string; files: FileSystemFileHandle[] }): void };
}

/** Replaces `launchQueue`, so that the test can launch the app; otherwise only the operating system can. */
async function hasLaunches(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const waiting: unknown[] = [];
    let consume: ((launch: unknown) => void) | undefined;
    const launchQueue = {
      // As in browsers, a launch waits until the page is ready for it.
      add(launch: unknown) {
        if (consume) consume(launch);
        else waiting.push(launch);
      },
      setConsumer(consumer: (launch: unknown) => void) {
        consume = consumer;
        for (const launch of waiting.splice(0)) consumer(launch);
      },
    };
    Object.defineProperty(globalThis, 'launchQueue', { value: launchQueue });
  });
}

/** Launches the running app with a path of its own and, optionally, with files from the browser's own file system. */
async function launch(page: Page, path: string, names: string[] = []): Promise<void> {
  await page.evaluate(
    async ({ path, names }) => {
      const folder = await navigator.storage.getDirectory();
      const files = await Promise.all(names.map((name) => folder.getFileHandle(name)));
      (globalThis as unknown as Launches).launchQueue.add({ targetURL: location.origin + path, files });
    },
    { path, names },
  );
}
