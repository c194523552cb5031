// The page that checks the way to the server: what it finds behind a proxy, and that what it says to paste helps.

import { type Page } from '@playwright/test';
import { writeFile } from 'node:fs/promises';

import { homeNetwork } from '../support/home_network';
import { Nginx } from '../support/nginx';
import { addFiles, button, fileRow } from '../support/room';
import { Server } from '../support/server';
import { answered, expect, type Noise, test } from '../support/test';

/** What the browser writes when a check finds something. */
const FOUND: Noise[] = [
  ...answered(413, /\/doctor\/|\/files\//),
  { text: /^Failed to load resource: net::ERR_/, url: /\/doctor\// },
  { text: /^WebSocket connection to 'ws:\/\/[^']+' failed: |^Firefox can’t establish a connection to the server at ws:\/\//, url: /./ },
];

const CHECKS = ['host', 'address', 'socket', 'idle', 'cap', 'requests', 'responses', 'window', 'secure', 'clock'];

/** The states of all checks, when all have ended. */
async function found(page: Page): Promise<Record<string, string>> {
  await expect(page.locator('main')).toHaveAttribute('data-state', /good|bad/, { timeout: 60_000 });
  const lines = page.locator('[data-check]');
  return Object.fromEntries(await lines.evaluateAll((each) => each.map((line) => [(line as HTMLElement).dataset.check, (line as HTMLElement).dataset.state])));
}

/** Lets the time pass in which the page leaves a WebSocket alone, when all else is found: other checks have time limits, too. */
async function passSilence(page: Page): Promise<void> {
  await expect(page.locator('[data-check="idle"]')).toHaveAttribute('data-state', 'running');
  await expect(page.locator('[data-state="checking"]')).toHaveCount(0, { timeout: 60_000 });
  await page.clock.fastForward(80_000);
}

test('without a proxy, everything comes through', async ({ device }) => {
  const page = await device('desktop');
  await page.clock.install();
  await page.goto('/doctor');
  await passSilence(page);
  expect(await found(page)).toEqual(Object.fromEntries(CHECKS.map((check) => [check, 'ok'])));
  await expect(page.getByRole('status')).toHaveText('Everything comes through.', { useInnerText: true });
  await expect(page.locator('[data-check="idle"]')).toContainText('A connection that is silent for 75 sec stays open.');
});

test('a clock that is wrong is noticed', async ({ device }) => {
  const page = await device('desktop');
  await page.clock.install({ time: Date.now() + 3 * 3600_000 });
  await page.goto('/doctor');
  const clock = page.locator('[data-check="clock"]');
  await expect(clock).toHaveAttribute('data-state', 'note');
  await expect(clock).toContainText('by 3 hr.');
});

test('a server that is asked too often says so, and blames nobody on the way', async ({ device, server }) => {
  for (let times = 0; times < 40; times += 1) expect((await fetch(`${server.address}/doctor/seen`)).status).toBe(200);
  const page = await device('iPhone', { noise: answered(429, /\/doctor\/seen$/) });
  await page.goto('/doctor');
  await expect(page.getByRole('status')).toHaveText('Too many tries from your network. Wait a minute and try again.', { useInnerText: true });
});

test('a silent connection that is forgotten without a word is noticed', async ({ device }) => {
  const page = await device('desktop');
  await page.routeWebSocket(/\/socket$/, (socket) => {
    const toServer = socket.connectToServer();
    // Nothing goes on in either direction, and neither end is told.
    toServer.onMessage(() => {});
    toServer.onClose(() => {});
    socket.onMessage(() => {});
  });
  await page.clock.install();
  await page.goto('/doctor');
  await passSilence(page);
  await page.clock.fastForward(15_000);
  expect(await found(page)).toMatchObject({ socket: 'ok', idle: 'note' });
  await expect(page.locator('[data-check="idle"]')).toContainText('A connection that is silent for 75 sec is cut.');
});

test.describe('behind a proxy', () => {
  let nginx: Nginx;
  test.afterEach(() => nginx.dispose());

  test('what the page says to paste makes nginx, as it is set up in tutorials, let everything through', async ({ device }) => {
    let server = await Server.start();
    const { host } = server;
    nginx = await Nginx.to(server.address);
    const page = await device('desktop', { address: nginx.address, noise: FOUND });
    await page.clock.install();
    await page.goto('/doctor');
    expect(await found(page)).toEqual({
      ...Object.fromEntries(['host', 'address', 'socket', 'cap', 'responses'].map((check) => [check, 'bad'])),
      ...Object.fromEntries(['window', 'secure', 'clock'].map((check) => [check, 'ok'])),
      idle: 'failed',
      requests: 'note',
    });
    await expect(page.getByLabel('Proxy in front of SnapDrop')).toHaveValue('nginx');
    await expect(page.locator('[data-check="cap"] pre:visible')).toHaveText('client_max_body_size 0;');

    const [inside, beside, flags] = [new Set<string>(), new Set<string>(), new Set<string>()];
    await test.step('paste what it says, and check again, until it says nothing', async () => {
      for (let round = 0; round < 3; round += 1) {
        for (const text of await page.locator('[data-remedy="server"] pre:visible').allTextContents()) flags.add(text);
        for (const text of await page.locator('[data-remedy="proxy"] pre:visible').allTextContents()) {
          for (const part of text.split('\n\n')) {
            if (part.startsWith('map ')) beside.add(part);
            else for (const line of part.split('\n')) inside.add(line);
          }
        }
        expect(await server.dispose()).toBe(0);
        server = await Server.start([...flags].flatMap((flag) => flag.split(' ')), host);
        await nginx.startWith({ server: [...inside].join('\n'), http: [...beside].join('\n') });
        await page.getByRole('button', { name: 'Check again' }).click();
        await passSilence(page);
        const states = await found(page);
        // What keeps uploads shows only now that larger pieces come through.
        if (round === 0) expect(states).toMatchObject({ cap: 'ok', requests: 'bad', responses: 'ok', socket: 'ok' });
        if (!Object.values(states).includes('bad')) break;
      }
    });
    expect([...flags]).toEqual(['--trusted-proxy 127.0.0.1']);
    expect([...inside]).toContain('proxy_request_buffering off;');
    // The test may have put the clock of the page forward.
    expect({ ...(await found(page)), clock: 'ok' }).toEqual(Object.fromEntries(CHECKS.map((check) => [check, 'ok'])));
    expect(await server.dispose()).toBe(0);
  });

  test('a connection that is cut while it is silent is noticed', async ({ device, server }) => {
    nginx = await Nginx.to(server.address, {
      http: 'map $http_upgrade $up { default upgrade; "" ""; }',
      server: 'proxy_read_timeout 2s; proxy_http_version 1.1; proxy_set_header Host $http_host; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $up;',
    });
    const page = await device('androidPhone', { address: nginx.address, noise: FOUND });
    await page.goto('/doctor');
    expect(await found(page)).toMatchObject({ socket: 'ok', idle: 'bad', host: 'ok' });
    const said = await page.locator('[data-check="idle"] [data-outcome="bad"]').innerText();
    const seconds = Number(/^A connection that is silent for (\d+) sec is cut\. Rooms are silent for longer/.exec(said)?.[1]);
    // A busy machine notices the end a little later, but before a room would say something.
    expect(seconds, said).toBeGreaterThanOrEqual(2);
    expect(seconds, said).toBeLessThan(20);
    await expect(page.locator('[data-check="idle"] pre:visible')).toHaveText('proxy_read_timeout 1h;\nproxy_send_timeout 1h;');
    await page.getByLabel('Proxy in front of SnapDrop').selectOption('haproxy');
    await expect(page.locator('[data-check="idle"] pre:visible')).toContainText('timeout tunnel 1h');
  });

  test('a room without live updates leads to the page, and uploads become small enough for the proxy', async ({ device, server }) => {
    nginx = await Nginx.to(server.address, { server: 'proxy_set_header Host $http_host;' });
    const page = await device('desktop', { address: nginx.address, noise: FOUND });
    await page.goto('/');
    await button(page, 'Create room').click();
    await page.waitForURL(/\/r\/\d+$/);
    const film = test.info().outputPath('film.bin');
    await writeFile(film, Buffer.alloc(5 << 20, 'snap'));
    await addFiles(page, film);
    await expect.poll(async () => server.storedFiles()).toHaveLength(1);
    await expect(page.getByText('No live updates')).toBeVisible();
    await page.reload();
    await expect(fileRow(page, 'film.bin')).toHaveAttribute('data-state', 'complete');
    await page.getByRole('link', { name: 'What to do' }).click();
    await expect(page).toHaveURL(`${nginx.address}/doctor`);
    expect(await found(page)).toMatchObject({ host: 'ok', socket: 'bad', cap: 'bad' });
  });

  test('a form that is refused because the proxy hides the host leads to the page', async ({ server }) => {
    nginx = await Nginx.to(server.address);
    const { browser, address } = await homeNetwork(nginx);
    try {
      const page = await browser.newPage({ javaScriptEnabled: false });
      await page.goto(address);
      await button(page, 'Create room').click();
      await expect(page.getByRole('link', { name: 'Check the connection' })).toHaveAttribute('href', '/doctor');
    } finally {
      await browser.close();
    }
  });
});
