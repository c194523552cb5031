// Tests the way of files from the owner's device to the other devices.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { stopClock } from '../support/clock';
import { addFiles, arrivedPercent, createRoom, download, downloadAll, dropFiles, fileRow, fileRows, joinRoom, pasteFiles, removeFile, standsInRoom, unfoldAll } from '../support/room';
import { MIB, sample, sha256Of, sha256OfText } from '../support/samples';
import { CUT_OFF, answered, expect, test } from '../support/test';

const run = promisify(execFile);

test('picked files of every size come out on the other device byte for byte', async ({ device }, info) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  await expect(guest.getByText('No files yet. They appear here the moment the owner adds them.')).toBeVisible();

  const samples = [
    await sample(info, 'nothing.txt', 0),
    await sample(info, 'one byte.bin', 1),
    await sample(info, 'a mebibyte.jpg', MIB),
    // 70 MiB are sent in six chunks.
    await sample(info, 'harbour at dawn.mov', 70 * MIB),
  ];
  await addFiles(owner, ...samples.map(({ path }) => path));

  await expect(fileRows(guest)).toHaveCount(4);
  for (const [index, size] of ['0 B', '1 B', '1.0 MB', '73 MB'].entries()) {
    const { name, sha256 } = samples[index];
    const row = fileRow(guest, name);
    await expect(row).toContainText(size);
    await expect(row).toHaveAttribute('data-state', 'complete', { timeout: 30_000 });
    const file = await download(guest, row);
    expect(file.suggestedFilename()).toBe(name);
    expect(await sha256Of(file), name).toBe(sha256);
  }
});

test('names with emoji, quotes and 255 bytes are shown as they are and survive the download', async ({ device }, info) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);

  const longest = `${'🦊'.repeat(62)}abc.txt`;
  expect(Buffer.byteLength(longest)).toBe(255);
  const names = ['☕ Füchse & Gänse 🦊.md', `it's "quoted"; 100%.txt`, longest];
  const samples = await Promise.all(names.map((name) => sample(info, name, 1000)));
  await addFiles(owner, ...samples.map(({ path }) => path));

  for (const { name, sha256 } of samples) {
    const row = fileRow(guest, name);
    await expect(row).toHaveAttribute('data-state', 'complete');
    const file = await download(guest, row);
    // Chromium replaces characters that it does not allow in a name with an underscore.
    expect(file.suggestedFilename()).toBe(name.replaceAll('"', '_'));
    expect(await sha256Of(file), name).toBe(sha256);
  }
});

test('a name with folders and line breaks in it is shown by its last part, and saved under its harmless last part', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);

  const files = [
    { name: '../../etc/passwd', shown: 'passwd', saved: 'passwd' },
    { name: 'two\nlines.txt', shown: 'two lines.txt', saved: 'two_lines.txt' },
    { name: '<img src=x onerror=alert(1)>.html', shown: '<img src=x onerror=alert(1)>.html', saved: '_img src=x onerror=alert(1)_.html' },
  ];
  await dropFiles(owner, files.map(({ name }) => ({ name, text: `the content of ${name}` })));

  await expect(guest.locator('.file')).toHaveCount(files.length);
  await unfoldAll(guest);
  for (const { name, shown, saved } of files) {
    const row = fileRow(guest, shown);
    await expect(row).toHaveAttribute('data-state', 'complete');
    const file = await download(guest, row);
    expect(file.suggestedFilename()).toBe(saved);
    expect(await sha256Of(file)).toBe(sha256OfText(`the content of ${name}`));
  }
});

test('dropped and pasted files appear on every other device', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const phone = await device('iPhone');
  const tablet = await device('androidTablet');
  await joinRoom(phone, pin);
  await joinRoom(tablet, pin);

  await dropFiles(owner, [
    { name: 'dropped.txt', text: 'dropped' },
    { name: 'dropped too.txt', text: 'dropped too' },
  ]);
  await expect(fileRows(phone)).toHaveCount(2);
  await pasteFiles(owner, [{ name: 'pasted.txt', text: 'pasted' }]);

  for (const guest of [phone, tablet]) {
    for (const text of ['dropped', 'dropped too', 'pasted']) {
      const row = fileRow(guest, `${text}.txt`);
      await expect(row).toHaveAttribute('data-state', 'complete');
      expect(await sha256Of(await download(guest, row))).toBe(sha256OfText(text));
    }
  }
});

test('whoever adds a file a second time is asked, and it is two files only if that is wanted', async ({ device }, info) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const { path } = await sample(info, 'again.txt', 10);

  await addFiles(owner, path);
  await expect(fileRow(guest, 'again.txt')).toHaveCount(1);
  await expect(fileRow(owner, 'again.txt')).toHaveAttribute('data-state', 'complete');
  const question = owner.getByRole('dialog', { name: '“again.txt” is already here.' });
  await addFiles(owner, path);
  await question.getByRole('button', { name: 'Skip' }).click();
  await expect(question).toBeHidden();
  await dropFiles(owner, [{ name: 'next.txt', text: 'next' }]);
  await expect(fileRow(guest, 'next.txt')).toHaveAttribute('data-state', 'complete');
  await expect(fileRow(guest, 'again.txt')).toHaveCount(1);

  await addFiles(owner, path);
  await question.getByRole('button', { name: 'Keep both' }).click();
  await expect(fileRow(guest, 'again.txt')).toHaveCount(2);
  await expect(fileRow(guest, 'again.txt').nth(1)).toHaveAttribute('data-state', 'complete');
});

test('a guest has no way to add files, neither on the page nor past it', async ({ device }) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone', { noise: answered(403, new RegExp(`/api/rooms/${pin}/files`)) });
  await joinRoom(guest, pin);

  await expect(guest.getByLabel('Add files')).toHaveCount(0);
  await expect(guest.getByRole('button', { name: 'Close room' })).toHaveCount(0);
  await expect(guest.getByRole('button', { name: 'Lock' })).toHaveCount(0);
  await dropFiles(guest, [{ name: 'smuggled.txt', text: 'smuggled' }]);
  await expect(guest.getByText('Only the owner of the room adds files.')).toBeVisible();

  await announceByApi(owner, pin, 'proof.txt', 201);
  await announceByApi(guest, pin, 'smuggled.txt', 403);
  await expect(fileRow(owner, 'proof.txt')).toHaveCount(1);
  await expect(fileRows(owner)).toHaveCount(1);
  await expect(fileRow(guest, 'proof.txt').getByRole('button', { name: 'Remove' })).toHaveCount(0);
  const address = await fileRow(guest, 'proof.txt').getByRole('link', { name: 'Download' }).getAttribute('href');
  expect(await guest.evaluate(async (url) => (await fetch(url, { method: 'DELETE' })).status, address ?? '')).toBe(403);
});

test('the others see how much of a file has arrived, and can download it already', async ({ server, cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address });
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const { name, path, sha256 } = await sample(info, 'IMG_4402 harbour.mov', 40 * MIB);

  cable.allowUpload(10 * MIB);
  await addFiles(owner, path);
  const row = fileRow(guest, name);
  await expect.poll(() => arrivedPercent(row)).toBeGreaterThan(0);
  const first = await arrivedPercent(row);
  expect(first).toBeLessThan(35);
  await expect(fileRow(owner, name)).toContainText(/Arriving \d+ %/);
  const bar = row.getByRole('progressbar');
  await expect(bar).toBeVisible();
  const file = await download(guest, row);

  cable.allowUpload(14 * MIB);
  await expect.poll(() => arrivedPercent(row)).toBeGreaterThan(first);
  expect(await arrivedPercent(row)).toBeLessThan(70);

  cable.allowEverything();
  await expect(row).toHaveAttribute('data-state', 'complete');
  await expect(bar).toHaveCount(0);
  expect(await sha256Of(file)).toBe(sha256);
  expect(await server.storedFiles()).toHaveLength(1);
});

test('when its sender stalls, the others see all of a file that has arrived', async ({ cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address });
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const { name, path } = await sample(info, 'stalled.mov', 40 * MIB);
  // 10.2 of 40 MiB are 25.5 %, so that the heads of the requests, which the cable counts too, do not change the result.
  cable.allowBurst(10.2 * MIB);
  await addFiles(owner, path);
  await expect(fileRow(guest, name)).toContainText('Arriving 25 %');
});

test('the page asks for nothing while a file arrives: everything is pushed', async ({ cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address });
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  await guest.waitForLoadState('networkidle');
  const { name, path } = await sample(info, 'pushed.mov', 20 * MIB);

  const requests: string[] = [];
  guest.on('request', (request) => requests.push(request.url()));
  guest.on('websocket', (socket) => requests.push(socket.url()));
  cable.allowUpload(8 * MIB);
  await addFiles(owner, path);
  await expect.poll(() => arrivedPercent(fileRow(guest, name))).toBeGreaterThan(0);
  cable.allowEverything();
  await expect(fileRow(guest, name)).toHaveAttribute('data-state', 'complete');
  expect(requests).toEqual([]);
});

test('a file whose sender went away is shown as stopped', async ({ cable, device, anotherTab }, info) => {
  const owner = await device('desktop', { address: cable.address });
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const { name, path } = await sample(info, 'interrupted.mov', 40 * MIB);
  await stopClock(owner);
  cable.allowUpload(19 * MIB);
  await addFiles(owner, path);
  // Chunks of 4, 4 and 8 MiB have arrived; the fourth is on its way.
  await expect.poll(() => arrivedPercent(fileRow(guest, name))).toBeGreaterThan(41);

  const later = await anotherTab(owner);
  await owner.close();
  // The bytes of the fourth chunk are discarded, since its checksum cannot be verified without the rest.
  await expect(fileRow(guest, name)).toContainText('Stopped at 40 %');
  await expect(fileRow(guest, name).getByRole('link', { name: 'Download' })).toHaveCount(0);

  // The owner comes back in a new tab, which does not have the file; it can remove the file from the list.
  await later.goto(`/r/${pin}`);
  await standsInRoom(later);
  await expect(fileRow(later, name)).toContainText('Stopped at 40 %');
  await removeFile(later, name);
  await expect(fileRows(guest)).toHaveCount(0);
});

test('removing a file takes it off every page and off the disk', async ({ server, device }, info) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone', { noise: answered(404, /\/files\//) });
  await joinRoom(guest, pin);
  const kept = await sample(info, 'kept.txt', 100);
  const removed = await sample(info, 'removed.txt', 100);
  await addFiles(owner, kept.path, removed.path);
  const row = fileRow(guest, 'removed.txt');
  await expect(row).toHaveAttribute('data-state', 'complete');
  await expect(fileRow(guest, 'kept.txt')).toHaveAttribute('data-state', 'complete');
  expect(await server.storedFiles()).toHaveLength(2);
  const address = (await row.getByRole('link', { name: 'Download' }).getAttribute('href')) ?? '';

  await removeFile(owner, 'removed.txt');
  await expect(row).toHaveCount(0);
  await expect(fileRow(guest, 'kept.txt')).toHaveCount(1);
  await expect.poll(() => server.storedFiles()).toHaveLength(1);
  expect(await guest.evaluate(async (url) => (await fetch(url)).status, address)).toBe(404);
});

test('a file can be cancelled while it is still arriving', async ({ server, cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: CUT_OFF });
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const { name, path } = await sample(info, 'too much.mov', 40 * MIB);
  cable.allowUpload(10 * MIB);
  await addFiles(owner, path);
  await expect.poll(() => arrivedPercent(fileRow(guest, name))).toBeGreaterThan(0);

  await fileRow(owner, name).getByRole('button', { name: 'Cancel' }).click();
  await expect(fileRows(guest)).toHaveCount(0);
  await expect(fileRows(owner)).toHaveCount(0);
  await expect.poll(() => server.storedFiles()).toEqual([]);

  // The cancelled file does not block the next one.
  cable.allowEverything();
  const next = await sample(info, 'next.txt', 100);
  await addFiles(owner, next.path);
  await expect(fileRow(guest, next.name)).toHaveAttribute('data-state', 'complete');
});

test('files dropped on the first page open a room with them in it', async ({ device }) => {
  const owner = await device('desktop');
  await owner.goto('/');
  await dropFiles(owner, [
    { name: 'first.txt', text: 'the first' },
    { name: 'second.txt', text: 'the second' },
  ]);
  const pin = await standsInRoom(owner);

  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  for (const [name, text] of [
    ['first.txt', 'the first'],
    ['second.txt', 'the second'],
  ]) {
    await expect(fileRow(guest, name)).toHaveAttribute('data-state', 'complete');
    expect(await sha256Of(await download(guest, fileRow(guest, name)))).toBe(sha256OfText(text));
  }
});

test('files of two rooms that arrive at once stay apart', async ({ server, device }, info) => {
  const rooms = await Promise.all(
    ['left', 'right'].map(async (side) => {
      const owner = await device('desktop');
      const pin = await createRoom(owner);
      const guest = await device('iPhone');
      await joinRoom(guest, pin);
      return { owner, guest, file: await sample(info, `${side}.mov`, 20 * MIB) };
    }),
  );
  await Promise.all(rooms.map(({ owner, file }) => addFiles(owner, file.path)));

  for (const { guest, file } of rooms) {
    await expect(fileRow(guest, file.name)).toHaveAttribute('data-state', 'complete', { timeout: 20_000 });
    await expect(fileRows(guest)).toHaveCount(1);
    expect(await sha256Of(await download(guest, fileRow(guest, file.name)))).toBe(file.sha256);
  }
  expect(await server.storedFiles()).toHaveLength(2);
});

test('the archive holds every file, and other programs can read it', async ({ device }, info) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const samples = [
    await sample(info, 'Lecture 7, signals.pdf', 3 * MIB),
    await sample(info, '☕ notes.md', 1234),
    await sample(info, 'empty.txt', 0),
  ];
  await addFiles(owner, ...samples.map(({ path }) => path));
  for (const { name } of samples) await expect(fileRow(guest, name)).toHaveAttribute('data-state', 'complete');

  const [archive] = await Promise.all([guest.waitForEvent('download'), downloadAll(guest).click()]);
  expect(archive.suggestedFilename()).toBe(`SnapDrop ${pin}.zip`);
  const read = [
    'import hashlib, json, sys, zipfile',
    'archive = zipfile.ZipFile(sys.argv[1])',
    'assert archive.testzip() is None',
    'print(json.dumps({name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}))',
  ].join('\n');
  const { stdout } = await run('python3', ['-c', read, await archive.path()]);
  expect(JSON.parse(stdout)).toEqual(Object.fromEntries(samples.map(({ name, sha256 }) => [name, sha256])));
});

async function announceByApi(page: Parameters<typeof createRoom>[0], pin: string, name: string, status: number): Promise<void> {
  const answer = await page.evaluate(
    async ({ pin, name }) => {
      const headers = { 'tus-resumable': '1.0.0', 'upload-length': '0', 'upload-metadata': `filename ${btoa(name)}` };
      return (await fetch(`/api/rooms/${pin}/files`, { method: 'POST', headers })).status;
    },
    { pin, name },
  );
  expect(answer).toBe(status);
}
