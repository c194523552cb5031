// Brings every page into every state that people meet, checks that it is well laid out on every kind of screen, in both
// themes and in both writing directions, and takes a picture of each:
//   npx playwright test --project=screenshots states

import { type Locator, type Page, expect } from '@playwright/test';

import { ApiRoom } from '../support/api_room';
import { Cable } from '../support/cable';
import { say } from '../support/catalogue';
import { drawPicture } from '../support/drawing';
import { addFiles, arrivedPercent, closeRoom, createRoom, download, fileRow, joinRoom, memberRow, memberRows, renameSelf, setVisible, standsInRoom, takesDrops } from '../support/room';
import { MIB, sample } from '../support/samples';
import { CONNECTION_LOST, CUT_OFF, answered, test } from '../support/test';
import { type Words, pose, speak } from './gallery';

/** The number of seats in a room, without the owner's. */
const GUESTS = 27 * 37;

const WITHOUT_SCRIPT = { context: { javaScriptEnabled: false } };

test.describe.configure({ timeout: 300_000 });

test('the first page', async ({ server, device }) => {
  const page = await device('desktop', { noise: answered(404, /\/members$/) });
  const wrong = await noRoom(server.address);
  const field = (words: Words) => page.getByRole('textbox', { name: words('pin') });
  await page.goto('/');
  await takesDrops(page);
  await drag(page, 'dragleave');
  await pose(page, { name: 'home-blank' });
  await pose(page, { name: 'home-typing', enter: (words) => field(words).pressSequentially('4829'), leave: (words) => field(words).fill('') });
  await pose(page, {
    name: 'home-wrong_pin',
    enter: async (words) => {
      await field(words).fill(wrong);
      await expect(page.getByRole('alert')).toHaveText(words('problem_no_such_room'));
    },
    leave: (words) => field(words).fill(''),
  });
  await pose(page, { name: 'home-dropping', enter: () => drag(page, 'dragover'), leave: () => drag(page, 'dragleave') });

  const iPhone = await device('iPhone');
  await iPhone.goto('/');
  await pose(iPhone, { name: 'home-ios', sizes: ['phone'], enter: (words) => expect(iPhone.getByText(words('share_hint'))).toBeVisible() });
  const plain = await device('desktop', WITHOUT_SCRIPT);
  await plain.goto('/');
  await pose(plain, { name: 'home-without_script' });
});

test('the first page of the app', async ({ device }) => {
  const page = await device('androidPhone', { context: { serviceWorkers: 'allow', isMobile: false } });
  await page.goto('/');
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller?.state)).toBe('activated');
  await pose(page, {
    name: 'home-shared',
    enter: async (words) => {
      await share(page, ['one.jpg', 'two.jpg', 'three.jpg']);
      await expect(page.getByRole('region', { name: words('shared_with_snapdrop') })).toBeVisible();
    },
    leave: (words) => button(page, words('discard')).click(),
  });
  // A worker that is registered with another URL counts as a newer one.
  await page.evaluate(() => navigator.serviceWorker.register('/sw.js?newer'));
  await expect(page.getByText(say('en', 'update_ready'))).toBeVisible();
  await pose(page, { name: 'home-update' });
});

test('the way into a room, and where there is none', async ({ server, device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const page = await device('desktop', { noise: [404, 423, 429].flatMap((status) => answered(status, /./)) });
  const knock = (problem: string) => async (words: Words) => {
    await button(page, words('join')).click();
    await expect(page.getByRole('alert')).toHaveText(words(problem));
  };
  await page.goto(`/join/${pin}`);
  await pose(page, { name: 'join-blank' });
  await button(owner, say('en', 'lock')).click();
  await expect(owner.getByText(say('en', 'locked_note'))).toBeVisible();
  await pose(owner, { name: 'room-locked' });
  await pose(page, { name: 'join-locked', enter: knock('problem_room_locked') });

  await button(owner, say('en', 'unlock')).click();
  await expect(owner.getByText(say('en', 'locked_note'))).toHaveCount(0);
  await owner.close();
  for (let guests = 0; guests < GUESTS; guests += 37) {
    const statuses = await Promise.all(Array.from({ length: 37 }, () => tryToJoin(server.address, pin)));
    expect(new Set(statuses)).toEqual(new Set([201]));
  }
  await pose(page, { name: 'join-full', enter: knock('problem_too_many_members') });

  const wrong = await noRoom(server.address);
  await page.goto(`/join/${wrong}`);
  const knockTooOften = async (words: Words) => {
    await expect.poll(() => tryToJoin(server.address, wrong), { intervals: [0] }).toBe(429);
    await knock('problem_too_many_requests')(words);
  };
  // A try comes back every two seconds, so one may be there again when the button is pressed.
  await pose(page, { name: 'join-too_many_tries', enter: (words) => expect(() => knockTooOften(words)).toPass() });
});

test('what is no room', async ({ device }) => {
  const page = await device('desktop', { noise: answered(404, /./) });
  await page.goto('/nowhere');
  await pose(page, { name: 'nothing-here' });
  // The page's script would find the server at once and leave the page.
  await page.route('**/offline.js', (route) => route.fulfill({ contentType: 'text/javascript', body: '' }));
  await page.goto('/offline');
  await pose(page, { name: 'offline-waiting' });
});

test('an empty room', async ({ cable, device }) => {
  const owner = await device('desktop', { context: { permissions: ['clipboard-read', 'clipboard-write'] } });
  const pin = await createRoom(owner);
  await pose(owner, { name: 'room-empty_owner' });
  const guest = await device('desktop', { address: cable.address, noise: CONNECTION_LOST });
  await joinRoom(guest, pin);
  await pose(guest, { name: 'room-empty_guest' });
  await pose(guest, {
    name: 'room-connection_lost',
    enter: async (words) => {
      await cable.cut();
      await expect(guest.getByText(words('connection_lost'))).toBeVisible();
    },
    leave: async (words) => {
      await cable.mend();
      await expect(guest.getByText(words('connection_lost'))).toHaveCount(0, { timeout: 20_000 });
    },
  });

  await pose(owner, { name: 'room-dropping', enter: () => drag(owner, 'dragover'), leave: () => drag(owner, 'dragleave') });
  await pose(owner, {
    name: 'room-qr',
    screen: true,
    enter: async (words) => {
      await button(owner, words('show_qr')).click();
      const code = owner.getByRole('dialog', { name: words('qr_of_room') }).getByRole('img');
      await expect.poll(() => code.evaluate((image: HTMLImageElement) => image.complete && image.naturalWidth)).toBeGreaterThan(0);
    },
    leave: (words) => button(owner, words('done')).click(),
  });
  await pose(owner, {
    name: 'room-toast',
    screen: true,
    fleeting: true,
    enter: async (words) => {
      await button(owner, words('copy_link')).click();
      await expect(owner.getByText(words('link_copied'))).toBeVisible();
    },
    leave: (words) => button(owner, words('dismiss')).click(),
  });
  const rename = async (words: Words) => {
    await button(owner, words('rename')).click();
    await expect(owner.getByRole('textbox', { name: words('your_name') })).toBeFocused();
  };
  const keepName = (words: Words) => owner.getByRole('textbox', { name: words('your_name') }).press('Escape');
  await pose(owner, { name: 'room-rename', enter: rename, leave: keepName });
  await pose(owner, {
    name: 'room-rename_refused',
    enter: async (words) => {
      await rename(words);
      await owner.getByRole('textbox', { name: words('your_name') }).fill('   ');
      await button(owner, words('save')).click();
      await expect(owner.getByText(words('problem_invalid_name'))).toBeVisible();
    },
    leave: keepName,
  });
  await pose(owner, {
    name: 'room-closing_empty',
    screen: true,
    enter: (words) => button(owner, words('close_room')).click(),
    leave: (words) => button(owner, words('keep_open')).click(),
  });
});

test('members', async ({ device }) => {
  const owner = await device('desktop');
  // Phones and most computers have the share sheet; Chromium on Linux has none.
  await owner.addInitScript(() => Object.defineProperty(Navigator.prototype, 'share', { value: async () => {} }));
  const pin = await createRoom(owner);
  await renameSelf(owner, 'Amber Heron');
  for (const [kind, name] of [
    ['iPhone', 'نور'],
    ['androidTablet', 'Library tablet'],
    ['brave', 'Mathilda Featherstonehaugh, third row'],
  ] as const) {
    const guest = await device(kind);
    await joinRoom(guest, pin);
    await renameSelf(guest, name);
    await expect(memberRow(owner, name)).toBeVisible();
    if (kind === 'iPhone') await setVisible(guest, false);
    if (kind === 'brave') await guest.close();
  }
  await expect(memberRow(owner, 'نور')).toContainText(say('en', 'away'));
  await expect(memberRows(owner).filter({ hasText: say('en', 'reconnecting') })).toHaveCount(1);
  await pose(owner, { name: 'room-members' });
});

test('folders', async ({ device }, info) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  for (const [path, bytes] of [['index.html', 5000], ['assets/logo.svg', 40_000], ['assets/صورة الفريق.jpg', 400_000]] as const) await sample(info, `Site/${path}`, bytes);
  await owner.getByLabel(say('en', 'add_folder')).setInputFiles(info.outputPath('disk', 'Site'));
  await expect(owner.locator('.file[data-state=complete]')).toHaveCount(3);
  await addFiles(owner, (await sample(info, 'Lecture 7, signals.pdf', 3 * MIB)).path);
  await expect(owner.locator('.file[data-state=complete]')).toHaveCount(4);
  await pose(owner, { name: 'room-folders' });
  await pose(owner, { name: 'room-folders_folded', enter: () => owner.locator('.folder summary').first().click() });

  const plain = await device('desktop', WITHOUT_SCRIPT);
  await plain.goto(`/join/${pin}`);
  await button(plain, say('en', 'join')).click();
  await plain.waitForURL(`**/r/${pin}`);
  await pose(plain, { name: 'room-without_script' });
});

test('texts, previews and what can be undone', async ({ device }) => {
  const owner = await device('desktop');
  await createRoom(owner);
  await pose(owner, { name: 'room-texts_none', directions: ['ltr'] });
  const field = owner.getByRole('textbox', { name: say('en', 'text_label') });
  for (const text of ['Guest network: Halle 4\nPassword: tram-bicycle-lamp', 'https://example.org/timetable/autumn?platform=9', 'أهلاً وسهلاً بكم في القاعة']) {
    await field.fill(text);
    await button(owner, say('en', 'add_text')).click();
    await expect(field).toHaveValue('');
  }
  const picture = { name: 'Harbour at dawn.png', mimeType: 'image/png', buffer: await drawPicture(owner, 1200, 800) };
  const notes = { name: 'Notes.md', mimeType: 'text/markdown', buffer: Buffer.from('# Platform 9\n\n- doors open at 10\n- the keynote begins at 11\n') };
  const broken = { name: 'Broken.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('this is no picture') };
  const scan = { name: 'Scan 0042.tiff', mimeType: 'image/tiff', buffer: Buffer.alloc(30_000) };
  await owner.getByLabel(say('en', 'add_files')).setInputFiles([picture, notes, broken, scan]);
  await expect(owner.locator('.file[data-state=complete]')).toHaveCount(4);
  const row = (name: string) => owner.locator('.file').filter({ hasText: name });
  await expect(row(picture.name).locator('img')).toBeVisible();
  await pose(owner, { name: 'room-texts' });
  const seen = (name: string) => owner.getByRole('dialog', { name });
  const close = (words: Words) => button(owner, words('close')).click();
  for (const [name, file] of [['room-preview_image', picture.name], ['room-preview_text', notes.name], ['room-preview_failed', broken.name]] as const) {
    await pose(owner, {
      name,
      screen: true,
      enter: async (words) => {
        await button(row(file), words('preview')).click();
        await expect(seen(file)).toBeVisible();
      },
      leave: close,
    });
  }
  await pose(owner, {
    name: 'room-undo',
    screen: true,
    fleeting: true,
    enter: async (words) => {
      await button(row(scan.name), words('remove')).click();
      await expect(button(owner, words('undo'))).toBeVisible();
    },
    leave: (words) => button(owner, words('undo')).click(),
  });
});

test('files in all states, and the end of a room', async ({ server, cable, device, anotherTab }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: [...CUT_OFF, ...answered(413, /\/files\//)] });
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
    await expect(fileRow(left, name)).toContainText(say('en', 'state_here'), { timeout: 30_000 });
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
  await button(fileRow(owner, 'Slides.key'), say('en', 'pause')).click();
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
    enter: async (words) => {
      for (const name of [lecture, film]) await button(owner.locator('.file').filter({ hasText: name }), words('who_has_it')).click();
      await expect(owner.locator('[data-receipt=gets]')).toHaveCount(1);
    },
  });
  const closing = async (words: Words) => {
    await button(owner, words('close_room')).click();
    await expect(owner.locator('.still-getting')).toBeVisible();
  };
  const keepOpen = (words: Words) => button(owner, words('keep_open')).click();
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

/** The button of this name. */
function button(where: Page | Locator, name: string): Locator {
  return where.getByRole('button', { name, exact: true });
}

/** Drags files over the page, or away from it again. */
async function drag(page: Page, type: 'dragover' | 'dragleave'): Promise<void> {
  await page.evaluate((type) => document.body.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true })), type);
}

/** Shares files with the app as the operating system does it, with a form that is posted to `/share`. */
async function share(page: Page, names: string[]): Promise<void> {
  await Promise.all([
    page.waitForEvent('load'),
    page.evaluate((names) => {
      const form = Object.assign(document.createElement('form'), { method: 'post', action: '/share', enctype: 'multipart/form-data' });
      const transfer = new DataTransfer();
      for (const name of names) transfer.items.add(new File(['picture'], name, { type: 'image/jpeg' }));
      form.append(Object.assign(document.createElement('input'), { type: 'file', name: 'files', multiple: true, files: transfer.files }));
      document.body.append(form);
      form.submit();
    }, names),
  ]);
}

/** A PIN that no room has. */
async function noRoom(address: string): Promise<string> {
  const { pin } = await ApiRoom.open(address);
  return pin === '000000' ? '000001' : '000000';
}

/** Asks for a seat and returns the status of the answer. */
async function tryToJoin(address: string, pin: string): Promise<number> {
  const answer = await fetch(`${address}/api/rooms/${pin}/members`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
  return answer.status;
}
