// Shows the files of a room: in folders, in every state of their uploads and downloads, and at the end of the room.
// In each state the layout is checked and pictures are taken:
//   npx playwright test --project=screenshots states/files

import { expect } from '@playwright/test';

import { Cable } from '../../support/cable';
import { say } from '../../support/catalogue';
import { addFiles, arrivedPercent, button, closeRoom, createRoom, download, fileRow, joinRoom, renameSelf, setVisible, standsInRoom } from '../../support/room';
import { MIB, sample } from '../../support/samples';
import { CUT_OFF, answered, test } from '../../support/test';
import { type Words, pose, speak } from '../gallery';

test.describe.configure({ timeout: 300_000 });

test('folders', async ({ device }, info) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  for (const [path, bytes] of [['index.html', 5000], ['assets/logo.svg', 40_000], ['assets/صورة الفريق.jpg', 400_000]] as const) await sample(info, `Site/${path}`, bytes);
  await owner.getByLabel(say('en', 'add_folder')).setInputFiles(info.outputPath('disk', 'Site'));
  await expect(owner.locator('.file[data-state=complete]')).toHaveCount(3);
  await addFiles(owner, (await sample(info, 'Lecture 7, signals.pdf', 3 * MIB)).path);
  await expect(owner.locator('.file[data-state=complete]')).toHaveCount(4);
  await pose(owner, { name: 'room-folders_folded' });
  await pose(owner, { name: 'room-folders', enter: () => owner.locator('.folder summary').first().click() });

  const plain = await device('desktop', { context: { javaScriptEnabled: false } });
  await plain.goto(`/join/${pin}`);
  await button(plain, say('en', 'join')).click();
  await plain.waitForURL(`**/r/${pin}`);
  await pose(plain, { name: 'room-without_script' });
});

test('files in all states, and the end of a room', async ({ server, cable, device, anotherTab }, info) => {
  // A chunk that is held back while the pictures are taken may break off with 400: the server waits 30 seconds for its bytes.
  const noise = [...CUT_OFF, ...[400, 413].flatMap((status) => answered(status, /\/files\//))];
  const owner = await device('desktop', { address: cable.address, noise });
  owner.on('dialog', (dialog) => dialog.accept());
  const pin = await createRoom(owner);
  await renameSelf(owner, 'Amber Heron');
  const phone = await device('iPhone', { context: { isMobile: false } });
  await phone.addInitScript(() => Object.assign(globalThis, { Notification: Object.assign(class {}, { permission: 'default' }) }));
  const slow = await Cable.to(server.address);
  const tablet = await device('androidTablet', { address: slow.address });
  for (const [guest, name] of [[phone, 'نور'], [tablet, 'Library tablet']] as const) {
    await joinRoom(guest, pin);
    await renameSelf(guest, name);
  }
  // Chunks grow with the speed of a page's earlier uploads; a new tab begins with small ones.
  const left = await anotherTab(owner);
  await left.goto(`/r/${pin}`);
  const lecture = 'Lecture 7, signals.pdf';
  const film = 'IMG_4402 harbour at dawn.mov';
  for (const [name, mebibytes] of [
    [lecture, 3.4],
    [film, 40],
    ['صورة الفريق في لشبونة.jpg', 5.1],
    ['Minutes of the second meeting of the committee on signs and platforms, final (3), corrected.docx', 0.04],
  ] as const) {
    await addFiles(left, (await sample(info, name, Math.round(mebibytes * MIB))).path);
    await expect(fileRow(left, name)).toHaveAttribute('data-state', 'complete', { timeout: 30_000 });
  }
  await (await download(phone, fileRow(phone, lecture))).path();

  // The first file stops because its page is closed.
  await left.reload();
  await standsInRoom(left);
  cable.allowUpload(11 * MIB);
  await addFiles(left, (await sample(info, 'Rehearsal.wav', 20 * MIB)).path);
  // Chunks of 4 MiB have arrived; another one is on its way.
  await expect.poll(() => arrivedPercent(fileRow(phone, 'Rehearsal.wav'))).toBeGreaterThan(41);
  await left.close();
  await expect(fileRow(owner, 'Rehearsal.wav')).toHaveAttribute('data-state', 'stopped');
  // The second file is refused after its first chunk.
  cable.allowEverything();
  await owner.route(/\/files\//, async (route) => {
    const offset = route.request().headers()['upload-offset'];
    if (offset === undefined || offset === '0') return route.fallback();
    await route.fulfill({ status: 413, contentType: 'application/problem+json', json: { title: 'no', status: 413, code: 'room_full', detail: 'no' } });
  });
  await addFiles(owner, (await sample(info, 'Backup.zip', 24 * MIB)).path);
  await expect(fileRow(owner, 'Backup.zip')).toContainText(say('en', 'problem_room_full'));
  await owner.unroute(/\/files\//);
  // The third file is paused.
  cable.allowUpload(10 * MIB);
  await addFiles(owner, (await sample(info, 'Slides.key', 30 * MIB)).path);
  await expect.poll(() => arrivedPercent(fileRow(phone, 'Slides.key'))).toBeGreaterThan(10);
  await fileRow(owner, 'Slides.key').getByRole('button', { name: say('en', 'pause') }).click();
  // Three more files are uploaded, the last of which has to wait for its turn.
  cable.allowUpload(20 * MIB);
  await addFiles(owner, (await sample(info, 'Concert.flac', 30 * MIB)).path);
  await expect.poll(() => arrivedPercent(fileRow(phone, 'Concert.flac'))).toBeGreaterThan(20);
  await addFiles(owner, ...(await Promise.all(['Poster.psd', 'Programme.indd'].map((name) => sample(info, name, 9 * MIB)))).map(({ path }) => path));
  await expect(fileRow(owner, 'Programme.indd')).toContainText(say('en', 'state_waiting'));
  await pose(owner, { name: 'room-files_owner' });
  await pose(phone, { name: 'room-files_guest' });

  await setVisible(phone, false);
  await setVisible(phone, true);
  await expect(button(phone, say('en', 'tell_me'))).toBeVisible();
  await pose(phone, { name: 'room-offer', screen: true });

  slow.allowDownload(8 * MIB);
  await download(tablet, fileRow(tablet, film));
  await pose(owner, {
    name: 'room-receipts',
    screen: true,
    enter: async (words) => {
      await owner.locator('.file').filter({ hasText: film }).getByRole('button', { name: words('details') }).click();
      await expect(owner.locator('[data-receipt=gets]')).toHaveCount(1);
    },
    leave: (words) => button(owner.getByRole('dialog', { name: film }), words('done')).click(),
  });
  const closing = async (words: Words) => {
    await button(owner, words('close_room')).click();
    await expect(owner.locator('.lacking')).toBeVisible();
  };
  const keepOpen = (words: Words) => button(owner.getByRole('dialog', { name: words('close_question') }), words('cancel')).click();
  await pose(owner, { name: 'room-closing', screen: true, enter: closing, leave: keepOpen });
  await pose(owner, {
    name: 'room-closing_waits',
    screen: true,
    enter: async (words) => {
      await closing(words);
      await button(owner, words('wait_for_them')).click();
      await expect(owner.getByText(words('closes_when_they_have_it'))).toBeVisible();
    },
    leave: keepOpen,
  });

  await owner.reload();
  await expect(owner.getByRole('region', { name: say('en', 'unfinished_files') })).toBeVisible();
  await pose(owner, { name: 'room-unfinished' });
  // The page of a closed room cannot be switched to another language, so the language is chosen before.
  await speak(phone, 'ar');
  await closeRoom(owner);
  await expect(phone.getByRole('heading', { name: say('ar', 'closed_heading') })).toBeVisible();
  await pose(owner, { name: 'room-closed', directions: ['ltr'] });
  await pose(phone, { name: 'room-closed', directions: ['rtl'] });
  await slow.dispose();
});
