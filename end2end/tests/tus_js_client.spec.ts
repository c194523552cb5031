// Tests the real server with the unmodified tus-js-client from npm, an independent implementation of the tus protocol.

import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';

import { Upload } from 'tus-js-client';

import { ApiRoom } from '../support/api_room';
import { chance } from '../support/chance';
import { sizeOf } from '../support/programs';
import { MIB, sample } from '../support/samples';
import { expect, test } from '../support/test';
import { type Options, PERSISTENT, TusProcess, begin, failureOf, upload } from '../support/tus_client';

/** The ways in which the client can send a file whose length is known. */
const WAYS: Record<string, Options> = {
  'as one request': {},
  'in chunks': { chunkSize: 3 * MIB },
  'wholly with its creation': { uploadDataDuringCreation: true },
  'with the first chunk in its creation': { uploadDataDuringCreation: true, chunkSize: 3 * MIB },
  'by POST where PATCH does not pass': { overridePatchMethod: true, chunkSize: 3 * MIB },
  'in four parts at once': { parallelUploads: 4 },
  'in four parts at once, each in chunks that begin with its creation': { parallelUploads: 4, uploadDataDuringCreation: true, chunkSize: MIB },
  'in four parts at once by POST': { parallelUploads: 4, overridePatchMethod: true, chunkSize: MIB },
};

for (const [way, options] of Object.entries(WAYS)) {
  test(`a file arrives ${way}`, async ({ server }, info) => {
    const room = await ApiRoom.open(server.address);
    const file = await sample(info, '☕ harbour at dawn.mov', 10 * MIB + 7);
    const url = await upload(room, file, options);

    expect(await room.files()).toEqual([
      expect.objectContaining({ name: file.name, media_type: 'video/quicktime', state: 'complete', size_bytes: 10 * MIB + 7, offset_bytes: 10 * MIB + 7 }),
    ]);
    expect(await room.parts()).toEqual([]);
    expect(await room.sha256Of(url)).toBe(file.sha256);
  });

  test(`files of no bytes and of three arrive ${way}`, async ({ server }, info) => {
    const room = await ApiRoom.open(server.address);
    for (const size of [0, 3]) {
      const file = await sample(info, `${size}.txt`, size);
      const url = await upload(room, file, options, await readFile(file.path));
      expect(await room.sha256Of(url)).toBe(file.sha256);
    }
    expect((await room.files()).map(({ name, state }) => [name, state])).toEqual([
      ['0.txt', 'complete'],
      ['3.txt', 'complete'],
    ]);
  });
}

test('a stream whose length nobody knows arrives, and the room learns its length at the end', async ({ server }, info) => {
  const room = await ApiRoom.open(server.address);
  // In Node tus-js-client 4.3.1 itself hangs when a stream ends exactly where a chunk ends, so this file does not.
  const file = await sample(info, 'recording.mov', 7 * MIB + 5);
  // The client gets a pipe and not a file, so that it can neither find out the length nor read anything twice.
  const stream = new PassThrough();
  createReadStream(file.path, { end: 4 * MIB - 1 }).pipe(stream, { end: false });
  const running = begin(room, file, { uploadLengthDeferred: true, chunkSize: MIB }, stream);
  await expect.poll(async () => (await room.files()).at(0)?.offset_bytes).toBe(4 * MIB);
  expect((await room.files())[0].size_bytes).toBeNull();

  createReadStream(file.path, { start: 4 * MIB }).pipe(stream);
  await running.done;
  expect(await room.files()).toEqual([expect.objectContaining({ state: 'complete', size_bytes: 7 * MIB + 5 })]);
  expect(await room.sha256Of(running.upload.url ?? '')).toBe(file.sha256);
});

/** The ways in which the client continues by itself after its connection has broken. */
const RESUMING: Record<string, Options> = {
  'as one request': {},
  'in chunks': { chunkSize: 5 * MIB },
  'by POST where PATCH does not pass': { overridePatchMethod: true },
  'in four parts at once': { parallelUploads: 4 },
  'as a stream of unknown length': { uploadLengthDeferred: true, chunkSize: 5 * MIB },
};

for (const [index, [way, options]] of Object.entries(RESUMING).entries()) {
  test(`a file arrives ${way} over a connection that breaks again and again (seed ${index + 1})`, async ({ server, cable }, info) => {
    const room = await ApiRoom.open(server.address);
    const file = await sample(info, 'harbour.mov', 32 * MIB + 1);
    const between = chance(index + 1);
    // The distances add up to less than the file, so that every break happens before the last byte has passed.
    const distances = Array.from({ length: 12 }, () => between(64 * 1024, 2.5 * MIB));
    cable.breakAfter(distances);
    const asked: string[] = [];
    const url = await upload(
      room,
      file,
      { endpoint: room.endpoint(cable.address), retryDelays: PERSISTENT, onBeforeRequest: (request) => void asked.push(request.getMethod()), ...options },
      options.uploadLengthDeferred ? createReadStream(file.path).pipe(new PassThrough()) : undefined,
    );

    expect(cable.breaksLeft).toBe(0);
    expect(asked.filter((method) => method === 'HEAD').length, 'questions for the offset').toBeGreaterThanOrEqual(distances.length);
    expect(await room.files()).toEqual([expect.objectContaining({ name: file.name, state: 'complete', size_bytes: 32 * MIB + 1 })]);
    expect(await room.parts()).toEqual([]);
    expect(await room.sha256Of(url)).toBe(file.sha256);
  });
}

for (const [way, options] of Object.entries({ 'an upload goes on by itself': {}, 'four parts at once go on by themselves': { parallelUploads: 4 } })) {
  test(`${way} when the server is killed and started again`, async ({ server, cable }, info) => {
    const room = await ApiRoom.open(server.address);
    const file = await sample(info, 'lecture.mp4', 32 * MIB);
    cable.allowUpload(16 * MIB);
    const running = begin(room, file, { endpoint: room.endpoint(cable.address), retryDelays: PERSISTENT, ...options });
    await expect.poll(() => room.arrivedBytes()).toBeGreaterThan(8 * MIB);
    await server.kill();
    cable.allowEverything();
    await server.startAgain();

    await running.done;
    expect(await room.files()).toEqual([expect.objectContaining({ state: 'complete', size_bytes: 32 * MIB })]);
    expect(await room.sha256Of(running.upload.url ?? '')).toBe(file.sha256);
  });
}

for (const memory of ['storage', 'uploadUrl'] as const) {
  test(`a second process goes on where a killed one stopped, from its ${memory}`, async ({ server, cable }, info) => {
    const room = await ApiRoom.open(server.address);
    const file = await sample(info, 'lecture.mp4', 32 * MIB);
    const task = { file: file.path, endpoint: room.endpoint(cable.address), headers: room.headers };
    const storage = memory === 'storage' ? info.outputPath('uploads.json') : undefined;
    cable.allowBurst(12 * MIB);
    const first = TusProcess.start({ ...task, storage });
    await expect.poll(() => room.arrivedBytes()).toBeGreaterThan(11 * MIB);
    await first.kill();
    cable.allowEverything();

    const uploadUrl = memory === 'uploadUrl' ? first.events.find(({ url }) => url !== undefined)?.url : undefined;
    const second = TusProcess.start({ ...task, storage, uploadUrl });
    expect(await second.end()).toBe(0);
    const requests = second.events.filter(({ method }) => method !== undefined);
    expect(requests.map(({ method }) => method)).toEqual(['HEAD', 'PATCH']);
    expect(requests[1].offset).toBeGreaterThan(11 * MIB);
    expect(await room.files()).toHaveLength(1);
    expect(await room.sha256Of(second.events.at(-1)?.done ?? '')).toBe(file.sha256);
  });
}

test('a second process goes on with all four parts of a killed one', async ({ server, cable }, info) => {
  const room = await ApiRoom.open(server.address);
  const file = await sample(info, 'lecture.mp4', 32 * MIB);
  const storage = info.outputPath('uploads.json');
  const task = { file: file.path, endpoint: room.endpoint(cable.address), headers: room.headers, storage, parallelUploads: 4 };
  cable.allowBurst(12 * MIB);
  const first = TusProcess.start(task);
  await expect.poll(() => room.arrivedBytes()).toBeGreaterThan(11 * MIB);
  await expect.poll(() => sizeOf(storage)).toBeGreaterThan(0);
  await first.kill();
  cable.allowEverything();

  const second = TusProcess.start(task);
  expect(await second.end()).toBe(0);
  const requests = second.events.filter(({ method }) => method !== undefined);
  expect(requests.map(({ method }) => method).sort()).toEqual([...Array(4).fill('HEAD'), ...Array(4).fill('PATCH'), 'POST']);
  expect(requests.reduce((sum, { method, offset = 0 }) => sum + (method === 'PATCH' ? offset : 0), 0)).toBeGreaterThan(11 * MIB);
  expect(await room.files()).toEqual([expect.objectContaining({ name: 'lecture.mp4', state: 'complete', size_bytes: 32 * MIB })]);
  expect(await room.parts()).toEqual([]);
  expect(await room.sha256Of(second.events.at(-1)?.done ?? '')).toBe(file.sha256);
});

test('a client takes an upload over from one whose connection hangs', async ({ server, cable }, info) => {
  const room = await ApiRoom.open(server.address);
  const file = await sample(info, 'lecture.mp4', 32 * MIB);
  cable.allowBurst(12 * MIB);
  const hanging = begin(room, file, { endpoint: room.endpoint(cable.address) });
  await expect.poll(() => room.arrivedBytes()).toBeGreaterThan(11 * MIB);

  const uploadUrl = room.reachedBy(server.address, hanging.upload.url ?? '');
  const url = await upload(room, file, { uploadUrl });
  expect(await room.sha256Of(url)).toBe(file.sha256);
  expect(await failureOf(hanging)).toBe(409);
});

test('an upload that is given up leaves nothing, neither a running one nor a complete one', async ({ server, cable }, info) => {
  const room = await ApiRoom.open(server.address);
  const file = await sample(info, 'too much.mov', 32 * MIB);
  cable.allowBurst(12 * MIB);
  for (const parallelUploads of [1, 4]) {
    const running = begin(room, file, { endpoint: room.endpoint(cable.address), parallelUploads });
    // The client can only terminate uploads whose URLs it knows, and it sends bytes only once it knows them.
    const begun = async () => [...(await room.files()), ...(await room.parts())].filter(({ offset_bytes }) => offset_bytes > 0).length;
    await expect.poll(begun).toBe(parallelUploads);
    await running.upload.abort(true);
    await expect.poll(async () => [...(await room.files()), ...(await room.parts())]).toEqual([]);
    await expect.poll(() => server.storedFiles()).toEqual([]);
    cable.allowBurst(12 * MIB);
  }

  const url = await upload(room, file);
  await Upload.terminate(url, { headers: room.headers });
  expect(await room.files()).toEqual([]);
  expect(await server.storedFiles()).toEqual([]);
});

test('what the server refuses reaches the caller with its status', async ({ server }, info) => {
  const room = await ApiRoom.open(server.address);
  const file = await sample(info, 'refused.txt', 10);
  const stranger = await ApiRoom.open(server.address);
  expect(await failureOf(begin(room, file, { headers: stranger.headers }))).toBe(401);
  expect(await failureOf(begin(room, file, { headers: {} }))).toBe(401);
  expect(await failureOf(begin(room, file, { endpoint: null, uploadUrl: `${room.endpoint()}/${'0'.repeat(32)}` }))).toBe(404);
  expect(await room.files()).toEqual([]);
});
