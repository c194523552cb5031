// A server that shares its host with other programs, behind a proxy.

import { readFile, writeFile } from 'node:fs/promises';

import { hasWorker } from '../support/installed_app';
import { Nginx } from '../support/nginx';
import { addFiles, download, dropFiles, fileRow, joinsWith, ownRow, reloadRoom, standsInRoom } from '../support/room';
import { expect, test } from '../support/test';

/** What every proxy in front of the server says and lets through. */
const PASSED_ON = {
  http: 'map $http_upgrade $up { default upgrade; "" ""; }',
  server: [
    'proxy_http_version 1.1;',
    'proxy_set_header Host $http_host;',
    'proxy_set_header X-Forwarded-For $remote_addr;',
    'proxy_set_header Upgrade $http_upgrade;',
    'proxy_set_header Connection $up;',
    'client_max_body_size 0;',
    'location / { return 404; }',
  ].join('\n'),
};

test.use({ flags: ['--base-path', '/drop', '--trusted-proxy', '127.0.0.1'] });

for (const [how, path] of [
  ['passes the whole path on', ''],
  ['takes the path off', '/'],
] as const) {
  test(`the main job is done below a path of a host, behind a proxy that ${how}`, async ({ device, server }) => {
    const nginx = await Nginx.to(`http://${server.host}${path}`, { ...PASSED_ON, location: '/drop/' });
    try {
      const address = `${nginx.address}/drop/`;
      const owner = await device('desktop', { address, context: { serviceWorkers: 'allow' } });
      const guest = await device('iPhone', { address });
      const strays: string[] = [];
      for (const page of [owner, guest]) {
        page.context().on('request', (request) => {
          const url = new URL(request.url());
          if (/^http/.test(url.protocol) && !url.pathname.startsWith('/drop/')) strays.push(request.url());
        });
      }

      await owner.goto('./');
      await owner.getByRole('button', { name: /^Theme/ }).click();
      await expect(owner.locator('html')).toHaveAttribute('data-theme', 'light');
      await owner.getByRole('button', { name: 'Create room' }).click();
      const pin = await standsInRoom(owner);
      expect(owner.url()).toBe(`${address}r/${pin}`);

      await guest.goto('./');
      await joinsWith(guest, pin);
      await dropFiles(owner, [{ name: 'note.txt', text: 'See you at the harbour' }]);
      const film = test.info().outputPath('film.bin');
      await writeFile(film, Buffer.alloc(5 << 20, 'snap'));
      await addFiles(owner, film);
      const saved = await download(guest, fileRow(guest, 'film.bin'));
      expect(await readFile(await saved.path())).toEqual(await readFile(film));
      await fileRow(owner, 'note.txt').getByRole('button', { name: 'Preview' }).click();
      await expect(owner.getByRole('dialog').getByText('See you at the harbour')).toBeVisible();
      await owner.goBack();

      await test.step('what was chosen is remembered for this path', async () => {
        await owner.getByRole('combobox', { name: 'Language' }).selectOption({ label: 'Deutsch' });
        await expect(owner.locator('html')).toHaveAttribute('lang', 'de');
        await owner.reload();
        await expect(owner.locator('html')).toHaveAttribute('lang', 'de');
        await expect(owner.locator('html')).toHaveAttribute('data-theme', 'light');
        const cookies = await owner.context().cookies(address);
        expect(cookies.map((cookie) => [cookie.name, cookie.path]).sort()).toEqual([`snapdrop-${pin}`, 'language', 'theme'].sort().map((name) => [name, '/drop']));
        expect(await owner.context().cookies(nginx.address)).toEqual([]);
      });

      await test.step('the service worker has this path', async () => {
        await hasWorker(owner);
        expect(await owner.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).map(({ scope }) => scope))).toEqual([address]);
        expect(await owner.evaluate(() => caches.keys())).toEqual([expect.stringMatching(/^snapdrop \/drop\/ [0-9a-f]{16}$/)]);
      });

      await test.step('the other pages are below it', async () => {
        await reloadRoom(guest);
        await guest.getByRole('link', { name: 'SnapDrop' }).click();
        await expect(guest.getByRole('link', { name: new RegExp(`${pin.slice(0, 3)}.${pin.slice(3)}`) })).toBeVisible();
        expect(guest.url()).toBe(address);
        await guest.goBack();
        await expect(ownRow(guest)).toContainText('Connected');
        const listed = guest.waitForResponse(`${address}api/rooms`);
        await guest.getByRole('button', { name: 'Leave room' }).click();
        await guest.waitForURL(address);
        expect(await (await listed).json()).toEqual([]);
      });
      expect(strays, 'requests to other paths of the host').toEqual([]);
      await Promise.all([owner.close(), guest.close()]);
    } finally {
      await nginx.dispose();
    }
  });
}
