// Tests how the owner's browser sends files: in chunks whose size fits the network, and small files first.

import { Chunks, checksumOf } from '../support/chunks';
import { stopClock } from '../support/clock';
import { homeNetwork } from '../support/home_network';
import { addFiles, arrivedPercent, createRoom, download, fileRow, joinRoom } from '../support/room';
import { MIB, sample, sha256Of } from '../support/samples';
import { expect, test } from '../support/test';

test('chunks grow with the network up to 64 MiB, follow each other without a gap and carry their checksums', async ({ device }, info) => {
  const owner = await device('desktop');
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const film = await sample(info, 'IMG_4402 harbour.mov', 180 * MIB);

  await stopClock(owner);
  const sent = Chunks.of(owner);
  await addFiles(owner, film.path);
  await expect(fileRow(guest, film.name)).toHaveAttribute('data-state', 'complete', { timeout: 30_000 });
  const chunks = await sent.all();
  let end = 0;
  for (const { offset, length, checksum } of chunks) {
    expect(offset).toBe(end);
    expect(checksum, `of the chunk at ${offset}`).toBe(await checksumOf(film, offset, length));
    end += length;
  }
  expect(end).toBe(180 * MIB);
  // The second chunk has the size of the first, since it is prepared while the first is being sent, before the speed of
  // the network is known.
  expect(chunks.map(({ length }) => length / MIB)).toEqual([4, 4, 8, 16, 32, 64, 52]);
  expect(await sha256Of(await download(guest, fileRow(guest, film.name)))).toBe(film.sha256);
});

test('chunks carry their checksums on a plain page in a home network, where browsers lend no cryptography', async ({ server }, info) => {
  const { browser, address } = await homeNetwork(server);
  const owner = await browser.newPage({ baseURL: address });
  await createRoom(owner);
  expect(await owner.evaluate(() => isSecureContext)).toBe(false);
  const film = await sample(info, 'plain.mov', 5 * MIB);
  const sent = Chunks.of(owner);
  await addFiles(owner, film.path);
  await expect(fileRow(owner, film.name)).toHaveAttribute('data-state', 'complete');
  expect((await sent.all()).map(({ checksum }) => checksum)).toEqual([await checksumOf(film, 0, 4 * MIB), await checksumOf(film, 4 * MIB, MIB)]);
  await browser.close();
});

test('chunks carry their checksums in a browser that cannot fill the same memory again and again', async ({ device }, info) => {
  const owner = await device('desktop');
  await owner.addInitScript(() => Reflect.deleteProperty(globalThis, 'ReadableStreamBYOBReader'));
  await createRoom(owner);
  const film = await sample(info, 'older.mov', 3 * MIB);
  const sent = Chunks.of(owner);
  await addFiles(owner, film.path);
  await expect(fileRow(owner, film.name)).toHaveAttribute('data-state', 'complete');
  expect((await sent.all()).map(({ checksum }) => checksum)).toEqual([await checksumOf(film, 0, 3 * MIB)]);
});

test('chunks shrink to a mebibyte on a slow network, and grow again on a better one', async ({ cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address });
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const film = await sample(info, 'slow.mov', 30 * MIB);

  cable.throttleUpload(MIB / 2);
  const sent = Chunks.of(owner);
  await addFiles(owner, film.path);
  // Two chunks have the first size; the third was prepared after the speed of the network was known.
  await expect.poll(() => sent.offsets, { timeout: 30_000 }).toEqual([0, 4 * MIB, 8 * MIB]);
  cable.allowEverything();
  await expect(fileRow(guest, film.name)).toHaveAttribute('data-state', 'complete', { timeout: 30_000 });
  const lengths = (await sent.all()).map(({ length }) => length / MIB);
  expect(lengths.slice(0, 3)).toEqual([4, 4, 1]);
  expect(Math.max(...lengths.slice(3))).toBeGreaterThan(4);
  expect(await sha256Of(await download(guest, fileRow(guest, film.name)))).toBe(film.sha256);
});

test('small files are there while a large one, added before them, is still on its way', async ({ cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address });
  const pin = await createRoom(owner);
  const guest = await device('iPhone');
  await joinRoom(guest, pin);
  const large = await sample(info, 'large.mov', 60 * MIB);
  const small = await Promise.all([1, 2, 3, 4, 5].map((number) => sample(info, `small ${number}.jpg`, 200 * 1024)));

  cable.throttleUpload(4 * MIB);
  await addFiles(owner, large.path, ...small.map(({ path }) => path));
  for (const { name } of small) await expect(fileRow(guest, name)).toHaveAttribute('data-state', 'complete');
  expect(await arrivedPercent(fileRow(guest, large.name)), 'of the large one').toBeLessThan(80);

  cable.allowEverything();
  await expect(fileRow(guest, large.name)).toHaveAttribute('data-state', 'complete', { timeout: 30_000 });
  for (const { name, sha256 } of [...small, large]) expect(await sha256Of(await download(guest, fileRow(guest, name))), name).toBe(sha256);
});

test('the sender sees its file move within a chunk, and never backwards', async ({ cable, device }, info) => {
  const owner = await device('desktop', { address: cable.address });
  await createRoom(owner);
  const { name, path } = await sample(info, 'smooth.mov', 60 * MIB);
  cable.throttleUpload(10 * MIB);
  const sent = Chunks.of(owner);
  await addFiles(owner, path);
  const bar = fileRow(owner, name).getByRole('progressbar');
  const values = await bar.evaluateHandle((bar) => {
    const values: number[] = [];
    new MutationObserver(() => values.push((bar as HTMLProgressElement).value)).observe(bar, { attributes: true });
    return values;
  });
  await expect(fileRow(owner, name)).toHaveAttribute('data-state', 'complete', { timeout: 30_000 });
  const seen = await values.jsonValue();
  expect(seen).toEqual([...seen].sort((one, other) => one - other));
  // The bar moves more often than at the beginning and end of each chunk, although the system's buffers take some
  // megabytes from the browser at once.
  expect(new Set(seen).size).toBeGreaterThan(2 * sent.count);
});
