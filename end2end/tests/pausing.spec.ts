// Tests that the owner can pause, resume and cancel uploads, one or all of them.

import { Chunks } from '../support/chunks';
import { stopClock } from '../support/clock';
import { addFiles, arrivedPercent, createRoom, download, fileRow, fileRows, joinRoom, uploadBar } from '../support/room';
import { MIB, sample, sha256Of } from '../support/samples';
import { CUT_OFF, expect, test } from '../support/test';

test('a paused file sends nothing, and goes on from where the server has it', async ({ cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: CUT_OFF });
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const film = await sample(info, 'film.mov', 40 * MIB);
  const sent = Chunks.of(owner);
  await stopClock(owner);
  cable.allowUpload(20 * MIB);
  await addFiles(owner, film.path);
  await expect.poll(() => arrivedPercent(fileRow(guest, film.name))).toBeGreaterThan(42);

  await fileRow(owner, film.name).getByRole('button', { name: 'Pause' }).click();
  await expect(fileRow(owner, film.name)).toContainText(/Paused at \d+ %/);
  await expect(uploadBar(owner)).toContainText(/^1 file paused at \d+ %/);
  // The complete chunks are kept: 16 of 40 MiB.
  await expect(fileRow(guest, film.name)).toContainText('Stopped at 40 %');
  const [chunks, bytes] = [sent.count, cable.uploadedBytes];

  // Another file can be sent meanwhile, in one request.
  cable.allowEverything();
  const note = await sample(info, 'note.txt', 100);
  await addFiles(owner, note.path);
  await expect(fileRow(guest, note.name)).toHaveAttribute('data-state', 'complete');
  expect(sent.count).toBe(chunks);
  expect(cable.uploadedBytes - bytes).toBeLessThan(16 * 1024);
  await expect(fileRow(owner, film.name)).toContainText(/Paused at \d+ %/);

  await fileRow(owner, film.name).getByRole('button', { name: 'Resume' }).click();
  await expect(fileRow(guest, film.name)).toHaveAttribute('data-state', 'complete', { timeout: 30_000 });
  expect(sent.offsets[chunks]).toBe(16 * MIB);
  await expect(uploadBar(owner)).toHaveCount(0);
  expect(await sha256Of(await download(guest, fileRow(guest, film.name)))).toBe(film.sha256);
});

test('what the others read of a paused file is what its sender reads', async ({ cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: CUT_OFF });
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const film = await sample(info, 'film.mov', 40 * MIB);
  await stopClock(owner);
  cable.allowUpload(26 * MIB);
  await addFiles(owner, film.path);
  await expect.poll(() => arrivedPercent(fileRow(guest, film.name))).toBeGreaterThan(60);
  await fileRow(owner, film.name).getByRole('button', { name: 'Pause' }).click();
  await expect(fileRow(guest, film.name)).toContainText('Stopped at 40 %');
  await expect(fileRow(owner, film.name)).toContainText('Paused at 40 %');
});

test('one file is paused while another goes on', async ({ cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: CUT_OFF });
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const [waiting, going] = [await sample(info, 'waiting.mov', 40 * MIB), await sample(info, 'going.mov', 40 * MIB)];
  cable.throttleUpload(4 * MIB);
  await addFiles(owner, waiting.path, going.path);
  await expect(fileRow(owner, going.name)).toContainText(/Arriving [1-9]\d* %/);

  await fileRow(owner, waiting.name).getByRole('button', { name: 'Pause' }).click();
  await expect(fileRow(owner, waiting.name)).toContainText(/Paused at \d+ %/);
  await expect(uploadBar(owner)).toContainText(/^0 of 2 sent · /);
  cable.allowEverything();
  await expect(fileRow(guest, going.name)).toHaveAttribute('data-state', 'complete', { timeout: 30_000 });
  await expect(fileRow(owner, waiting.name)).toContainText(/Paused at \d+ %/);
  await expect(uploadBar(owner)).toContainText(/^1 file paused at \d+ %/);

  await fileRow(owner, waiting.name).getByRole('button', { name: 'Resume' }).click();
  for (const { name, sha256 } of [waiting, going]) {
    await expect(fileRow(guest, name)).toHaveAttribute('data-state', 'complete', { timeout: 30_000 });
    expect(await sha256Of(await download(guest, fileRow(guest, name))), name).toBe(sha256);
  }
});

test('all files are paused, resumed and cancelled at once, and the bar says how they stand', async ({ server, cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address, noise: CUT_OFF });
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const films = await Promise.all(['one.mov', 'two.mov', 'three.mov'].map((name) => sample(info, name, 40 * MIB)));
  const bar = uploadBar(owner);
  const words = bar.getByRole('paragraph');
  const [pauseAll, resumeAll, cancelAll] = ['Pause all', 'Resume all', 'Cancel all'].map((name) => bar.getByRole('button', { name }));
  await expect(bar).toHaveCount(0);

  cable.throttleUpload(6 * MIB);
  await addFiles(owner, ...films.map(({ path }) => path));
  // Only two large files are sent at a time, so that small ones need not wait.
  await expect(fileRow(owner, 'three.mov')).toContainText('Waiting');
  await expect(words).toHaveText(/^0 of 3 sent · \d+ % · [\d.]+ MB\/s · \d+ seconds? left$/);
  await expect(resumeAll).toHaveCount(0);

  await pauseAll.click();
  await expect(words).toHaveText(/^3 files paused at \d+ %$/);
  await expect(pauseAll).toHaveCount(0);
  for (const { name } of films) await expect(fileRow(owner, name)).toContainText(/Paused at \d+ %/);
  for (const name of ['one.mov', 'two.mov']) await expect(fileRow(guest, name)).toContainText(/Stopped at \d+ %/);

  await resumeAll.click();
  await expect(words).toHaveText(/^0 of 3 sent · /);
  await expect(resumeAll).toHaveCount(0);
  await expect(fileRows(owner).filter({ hasText: /Arriving \d+ %/ })).toHaveCount(2);

  await cancelAll.click();
  await expect(bar).toHaveCount(0);
  await expect(fileRows(owner)).toHaveCount(0);
  await expect(fileRows(guest)).toHaveCount(0);
  await expect.poll(() => server.storedFiles()).toEqual([]);

  // The cancelled files do not block the next one.
  cable.allowEverything();
  const next = await sample(info, 'next.mov', 10 * MIB);
  await addFiles(owner, next.path);
  await expect(fileRow(guest, next.name)).toHaveAttribute('data-state', 'complete');
  expect(await sha256Of(await download(guest, fileRow(guest, next.name)))).toBe(next.sha256);
});
