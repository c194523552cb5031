// A server with TLS and an authority of its own, in a network: what devices that trust it can do, and how the others get there.

import { X509Certificate, createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';

import { hasWorker } from '../support/installed_app';
import { addFiles, createRoom, download, fileRow, joinRoom } from '../support/room';
import { expect, test } from '../support/test';
import { LAN_FLAGS, lanBrowser, trustingPage } from '../support/trusting';

test.use({ flags: LAN_FLAGS });

const started: { dispose(): Promise<void> }[] = [];
test.afterEach(async () => {
  await Promise.all(started.splice(0).map((each) => each.dispose()));
});

test('a device that trusts the server does the main job over HTTP/2, in a secure page with a worker', async ({ server, browserName }) => {
  const people = [await trustingPage(server, browserName), await trustingPage(server, browserName)];
  started.push(...people);
  const [owner, guest] = people.map(({ page }) => page);
  const pin = await createRoom(owner);
  expect(await owner.evaluate(() => [isSecureContext, (performance.getEntriesByType('navigation')[0] as PerformanceNavigationTiming).nextHopProtocol])).toEqual([true, 'h2']);
  await hasWorker(owner);
  await joinRoom(guest, pin);
  const film = test.info().outputPath('film.bin');
  await writeFile(film, Buffer.alloc(3 << 20, 'snap'));
  await addFiles(owner, film);
  await expect(fileRow(guest, 'film.bin')).toHaveAttribute('data-state', 'complete');
  if (browserName === 'firefox') {
    // Playwright does not tell of downloads in a Firefox with a profile on the disk.
    const digest = await fileRow(guest, 'film.bin').getByRole('link', { name: 'Download' }).evaluate(async (link) => {
      const bytes = await (await fetch((link as HTMLAnchorElement).href)).arrayBuffer();
      return [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))];
    });
    expect(Buffer.from(digest)).toEqual(createHash('sha256').update(await readFile(film)).digest());
  } else {
    const saved = await download(guest, fileRow(guest, 'film.bin'));
    expect(await readFile(await saved.path())).toEqual(await readFile(film));
  }
  const cookies = await owner.context().cookies();
  expect(cookies.filter((cookie) => !cookie.secure || !cookie.name.startsWith('__Host-'))).toEqual([]);
});

test('a theme that is chosen over TLS is remembered', async ({ server }) => {
  const lan = await lanBrowser(server, true);
  started.push(lan);
  const page = await lan.browser.newPage({ baseURL: lan.address });
  await page.goto('/');
  await page.getByRole('button', { name: 'Theme: same as system' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
});

test('the page that hands out the certificate says when the device trusts the server', async ({ server }) => {
  const fingerprint = new X509Certificate(await readFile(server.authority)).fingerprint256;
  for (const trusts of [false, true]) {
    const lan = await lanBrowser(server, trusts);
    started.push(lan);
    const page = await lan.browser.newPage({ userAgent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36' });
    await page.goto(`${lan.address.replace('https:', 'http:')}/ca`);
    await expect(page.getByText(trusts ? 'This device trusts the server.' : 'This device does not trust the server yet.')).toBeVisible();
    await expect(page.locator('.trust-fingerprint')).toHaveText(fingerprint);
    const guides = page.locator('details.guide');
    await expect(guides).toHaveCount(6);
    await expect(guides.first()).toContainText('Windows');
    await expect(guides.first()).toHaveAttribute('open', '');
    const saving = page.waitForEvent('download');
    await guides.first().getByRole('link', { name: 'Download the certificate' }).click();
    const certificate = new X509Certificate(await readFile(await (await saving).path()));
    expect([certificate.fingerprint256, certificate.ca]).toEqual([fingerprint, true]);
    if (!trusts) continue;
    await page.getByRole('link', { name: 'Open SnapDrop' }).click();
    await expect(page).toHaveURL(`${lan.address}/`);
    await expect(page.getByRole('button', { name: 'Create room' })).toBeVisible();
  }
});

test('an address without TLS leads to the one with it', async ({ server }) => {
  const lan = await lanBrowser(server, true);
  started.push(lan);
  const page = await lan.browser.newPage();
  await page.goto(`${lan.address.replace('https:', 'http:')}/?a=b`);
  await expect(page).toHaveURL(`${lan.address}/?a=b`);
});

test('a room whose live socket alone is refused says so and leads to the page that helps', async ({ server }) => {
  const lan = await lanBrowser(server, true);
  started.push(lan);
  const page = await lan.browser.newPage({ baseURL: lan.address });
  const pin = await createRoom(page);
  await page.routeWebSocket(/\/live/, (socket) => socket.close());
  await page.goto(`/r/${pin}`);
  await expect(page.getByText('No live updates: the connection for them is blocked.')).toBeVisible({ timeout: 30_000 });
  await page.getByRole('link', { name: 'What to do' }).click();
  await expect(page).toHaveURL(`${lan.address}/ca`);
  await expect(page.getByText('This device trusts the server.')).toBeVisible();
});
