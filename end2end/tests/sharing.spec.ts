// Tests what other apps share with the installed app, which the service worker receives.

import type { Page } from '@playwright/test';

import { hasWorker, shared } from '../support/installed_app';
import { type HeldFile, createRoom, download, fileRow, fileRows, joinRoom, standsInRoom, takesDrops } from '../support/room';
import { sha256Of, sha256OfText } from '../support/samples';
import { CONNECTION_LOST, expect, test } from '../support/test';

/** Allows service workers, which the fixtures block by default. */
const WORKERS = { context: { serviceWorkers: 'allow' as const }, noise: CONNECTION_LOST };

test.use({ overTls: true });

test('what another app shares is counted on the first page, and sent when a room is created', async ({ device }) => {
  const phone = await device('androidPhone', WORKERS);
  await phone.goto('/');
  await hasWorker(phone);
  const photo = { name: 'Größe 1 & 2.jpg', text: 'not much of a photo' };
  await share(phone, { files: [photo] });
  await expect(shared(phone)).toContainText('1 file shared');
  await expect(shared(phone).getByRole('listitem')).toHaveText([photo.name]);
  // There is no second button, which would create a room without the photo.
  await expect(phone.getByRole('button', { name: 'Create room' })).toHaveCount(1);
  await shared(phone).getByRole('button', { name: 'Create room' }).click();
  const pin = await standsInRoom(phone);

  const guest = await device('desktop');
  await joinRoom(guest, pin);
  await expect(fileRow(guest, photo.name)).toHaveAttribute('data-state', 'complete');
  expect(await sha256Of(await download(guest, fileRow(guest, photo.name)))).toBe(sha256OfText(photo.text));
  await phone.goto('/');
  await takesDrops(phone);
  await expect(shared(phone)).toHaveCount(0);
});

test('what another app shares goes into a room that is there already', async ({ device, anotherTab }) => {
  const phone = await device('androidPhone', WORKERS);
  const pin = await createRoom(phone);
  await hasWorker(phone);
  const other = await device('desktop');
  const foreign = await createRoom(other);
  await joinRoom(await anotherTab(phone), foreign);
  const photo = { name: 'harbour.jpg', text: 'not much of a photo' };
  await share(phone, { files: [photo], url: 'https://example.org/' });
  await expect(shared(phone).getByRole('button', { name: /^Add to room/ }), 'a guest cannot add').toHaveCount(1);
  await shared(phone).getByRole('button', { name: `Add to room ${spaced(pin)}` }).click();
  expect(await standsInRoom(phone)).toBe(pin);
  await expect(fileRow(phone, photo.name)).toHaveAttribute('data-state', 'complete');
  await expect(phone.getByRole('link', { name: 'https://example.org/' })).toBeVisible();
});

test('a text that another app shares is handed out as text', async ({ device }) => {
  const phone = await device('androidPhone', WORKERS);
  await phone.goto('/');
  await hasWorker(phone);
  await share(phone, { title: 'Harbour at dawn', url: 'https://example.org/' });
  await expect(shared(phone)).toContainText('Text shared');
  await expect(shared(phone).getByRole('blockquote')).toHaveText('Harbour at dawn\nhttps://example.org/', { useInnerText: true });
  await shared(phone).getByRole('button', { name: 'Create room' }).click();
  await standsInRoom(phone);
  const texts = phone.getByRole('list', { name: 'Text and links' }).getByRole('listitem');
  await expect(texts).toContainText('Harbour at dawn');
  await expect(texts.getByRole('link', { name: 'https://example.org/' })).toBeVisible();
  await expect(fileRows(phone)).toHaveCount(0);
});

test('what was shared can be discarded', async ({ device }) => {
  const phone = await device('androidPhone', WORKERS);
  await phone.goto('/');
  await hasWorker(phone);
  await share(phone, { files: [{ name: 'wrong one.jpg', text: 'x' }] });
  await shared(phone).getByRole('button', { name: 'Discard' }).click();
  await expect(shared(phone)).toHaveCount(0);
  await expect(phone.getByRole('button', { name: 'Create room' })).toHaveCount(1);
});

test('what was shared and nobody took is forgotten after some minutes', async ({ device }) => {
  const phone = await device('androidPhone', WORKERS);
  await phone.clock.install();
  await phone.goto('/');
  await hasWorker(phone);
  await share(phone, { files: [{ name: 'from another page.jpg', text: 'x' }], title: 'not mine' });
  await expect(shared(phone)).toContainText('1 file shared');
  await phone.clock.fastForward('09:50');
  await expect(shared(phone)).toContainText('1 file shared');
  await phone.clock.fastForward('00:20');
  await expect(shared(phone)).toHaveCount(0);
  await expect(phone.getByRole('button', { name: 'Create room' })).toHaveCount(1);
});

test('many files that are shared are named as far as they help', async ({ device }) => {
  const phone = await device('androidPhone', WORKERS);
  await phone.goto('/');
  await hasWorker(phone);
  await share(phone, { files: Array.from({ length: 11 }, (_, index) => ({ name: `photo ${index}.jpg`, text: 'x' })) });
  const names = shared(phone).getByRole('listitem');
  await expect(names).toHaveCount(9);
  await expect(names.last()).toHaveText('+ 3');
});

test('a share that no worker takes is not passed over in silence', async ({ device }) => {
  const phone = await device('androidPhone', { context: { serviceWorkers: 'block' } });
  await phone.goto('/');
  await share(phone, { files: [{ name: 'lost.jpg', text: 'x' }] });
  await expect(phone.getByRole('alert').filter({ hasText: 'What you shared did not arrive.' })).toBeVisible();
});

/** A PIN as the page writes it, with a no-break space in the middle. */
function spaced(pin: string): string {
  return pin.replace(/(\d{3})(?=\d)/g, '$1\u00a0');
}

/** Shares files and texts with the app as the operating system does it, with a form that is posted to `/share`. */
async function share(page: Page, { files = [], ...texts }: { files?: HeldFile[]; title?: string; url?: string }): Promise<void> {
  await Promise.all([
    page.waitForEvent('load'),
    page.evaluate(
      ({ files, texts }) => {
        const form = Object.assign(document.createElement('form'), { method: 'post', action: '/share', enctype: 'multipart/form-data' });
        const transfer = new DataTransfer();
        for (const { name, text } of files) transfer.items.add(new File([text], name, { type: 'image/jpeg' }));
        const field = Object.assign(document.createElement('input'), { type: 'file', name: 'files', multiple: true });
        field.files = transfer.files;
        form.append(field);
        for (const [name, value] of Object.entries(texts)) form.append(Object.assign(document.createElement('input'), { name, value }));
        document.body.append(form);
        form.submit();
      },
      { files, texts },
    ),
  ]);
}
