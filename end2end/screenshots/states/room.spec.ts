// Shows a room apart from its files: its controls and dialogs while it is empty, its members, its texts and its previews.
// In each state the layout is checked and pictures are taken:
//   npx playwright test --project=screenshots states/room

import { expect } from '@playwright/test';

import { say } from '../../support/catalogue';
import { drawPicture } from '../../support/drawing';
import { button, createRoom, drag, joinRoom, lookAt, memberRow, memberRows, renameSelf, setVisible } from '../../support/room';
import { CONNECTION_LOST, test } from '../../support/test';
import { type Words, pose } from '../gallery';

test.describe.configure({ timeout: 300_000 });

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
      await expect(guest.getByText(words('connection_lost'))).toHaveCount(0, { timeout: 40_000 });
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
    leave: (words) => button(owner.getByRole('dialog', { name: words('close_question') }), words('cancel')).click(),
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
  const close = (words: Words) => button(owner, words('done')).click();
  for (const [name, file] of [['room-preview_image', picture.name], ['room-preview_text', notes.name], ['room-preview_failed', broken.name]] as const) {
    await pose(owner, {
      name,
      screen: true,
      enter: async (words) => {
        await lookAt(row(file), words('preview'));
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
      await row(scan.name).getByRole('button', { name: words('details') }).click();
      await button(seen(scan.name), words('remove')).click();
      await expect(button(owner, words('undo'))).toBeVisible();
    },
    leave: (words) => button(owner, words('undo')).click(),
  });
});
