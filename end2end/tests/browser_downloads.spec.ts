// Tests downloads by the browser itself: its download manager resumes after an interruption, and its player seeks.

import { writeFile } from 'node:fs/promises';

import type { Page, TestInfo } from '@playwright/test';

import { ApiRoom } from '../support/api_room';
import type { Cable } from '../support/cable';
import { DownloadList, NO_ICONS } from '../support/download_list';
import { downloadAll, fileRow, joinRoom } from '../support/room';
import { MIB, sample, sha256OfFile } from '../support/samples';
import type { Server } from '../support/server';
import { CONNECTION_LOST, expect, test } from '../support/test';
import { recordVideo } from '../support/video';

const LECTURE = 'Lecture 7.mp4';
const LECTURE_BYTES = 40 * MIB;
/** How many bytes of the download are let through before it is interrupted. */
const FIRST_BYTES = 12 * MIB;
/** The upper limit for bytes that are downloaded twice; a download that began anew would exceed it. */
const LOST_BYTES = FIRST_BYTES - 2 * MIB;

const NOISE = [...CONNECTION_LOST, ...NO_ICONS];

const KINDS = ['a file', 'the archive'] as const;
type Kind = (typeof KINDS)[number];

for (const kind of KINDS) {
  test(`Chromium's download manager brings the rest of ${kind} after the connection was cut`, async ({ server, cable, device }, info) => {
    const { pin, sha256 } = await roomFor(kind, server, info);
    const guest = await device('desktop', { address: cable.address, noise: NOISE });
    await joinRoom(guest, pin);
    const { list, broughtInAll } = await beginDownload(kind, guest, cable);

    await cable.cut();
    await expect.poll(() => list.item()).toMatchObject({ lastReasonText: 'Failed - Network error', resume: true });
    cable.allowEverything();
    await cable.mend();
    await list.resume();
    expect(await sha256OfFile(await list.complete())).toBe(sha256);
    expect(broughtInAll()).toBeLessThan(LECTURE_BYTES + LOST_BYTES);
  });

  test(`Chromium's download manager brings the rest of ${kind} after the server was killed and started again`, async ({ server, cable, device }, info) => {
    const { pin, sha256 } = await roomFor(kind, server, info);
    const guest = await device('desktop', { address: cable.address, noise: NOISE });
    await joinRoom(guest, pin);
    const { list, broughtInAll } = await beginDownload(kind, guest, cable);

    await server.kill();
    cable.allowEverything();
    await expect.poll(() => list.item()).toMatchObject({ lastReasonText: expect.stringContaining('Failed'), resume: true });
    await server.startAgain();
    await list.resume();
    expect(await sha256OfFile(await list.complete())).toBe(sha256);
    expect(broughtInAll()).toBeLessThan(LECTURE_BYTES + LOST_BYTES);
  });

  test(`Chromium's download manager goes on with ${kind} by itself when an answer ends too early`, async ({ server, cable, device }, info) => {
    const { pin, sha256 } = await roomFor(kind, server, info);
    const guest = await device('desktop', { address: cable.address, noise: NOISE });
    await joinRoom(guest, pin);
    const { list, broughtInAll } = await beginDownload(kind, guest, cable);

    cable.allowEverything();
    cable.hangUp();
    expect(await sha256OfFile(await list.complete())).toBe(sha256);
    expect(broughtInAll()).toBeLessThan(LECTURE_BYTES + LOST_BYTES);
  });
}

test('a video plays in the page and seeks by ranges', async ({ server, device }, info) => {
  const room = await ApiRoom.open(server.address);
  const guest = await device('desktop');
  await joinRoom(guest, room.pin);
  const path = info.outputPath('noise.mp4');
  // The video is larger than what a player fetches ahead.
  await writeFile(path, await recordVideo(guest, 10 * MIB));
  const url = await room.add({ path, name: 'noise.mp4' }, 'video/mp4');

  const answers: { status: number; first: number }[] = [];
  guest.on('response', (response) => {
    if (response.url() !== url) return;
    const first = /^bytes (\d+)-/.exec(response.headers()['content-range'] ?? '')?.[1];
    answers.push({ status: response.status(), first: Number(first) });
  });
  const seen = await guest.evaluate(async (url) => {
    const player = document.createElement('video');
    const happens = (what: string) =>
      new Promise<void>((resolve, reject) => {
        player.addEventListener(what, () => resolve(), { once: true });
        player.addEventListener('error', () => reject(new Error(player.error?.message)), { once: true });
      });
    // A muted player may start without a user gesture, and without preloading it fetches only what it needs.
    player.muted = true;
    player.preload = 'metadata';
    player.src = url;
    document.body.append(player);
    await happens('loadedmetadata');
    const { duration } = player;
    const positions: number[] = [];
    for (const part of [0.75, 0.125, 0.5]) {
      const seeked = happens('seeked');
      player.currentTime = part * duration;
      await seeked;
      positions.push(player.currentTime / duration);
    }
    await player.play();
    await happens('ended');
    const { videoWidth, videoHeight, currentTime } = player;
    player.remove();
    return { duration, videoWidth, videoHeight, currentTime, positions };
  }, url);

  expect(seen.duration).toBeGreaterThan(1);
  expect(seen).toMatchObject({ videoWidth: 640, videoHeight: 480, currentTime: seen.duration });
  expect(seen.positions.map((part) => part.toFixed(3))).toEqual(['0.750', '0.125', '0.500']);
  expect(answers.every(({ status }) => status === 206)).toBe(true);
  expect(answers.some(({ first }) => first > MIB), 'a range from the middle').toBe(true);
});

/** Opens a room with a large file, and with a small one so that there is an archive; returns the digest of the download. */
async function roomFor(kind: Kind, server: Server, info: TestInfo): Promise<{ pin: string; sha256: string }> {
  const room = await ApiRoom.open(server.address);
  const lecture = await sample(info, LECTURE, LECTURE_BYTES);
  await room.add(lecture);
  await room.add(await sample(info, '☕ notes.md', 1234));
  return { pin: room.pin, sha256: kind === 'a file' ? lecture.sha256 : await room.sha256Of(room.archive()) };
}

/** Starts the download, and waits until its first bytes have arrived while the rest is held back. */
async function beginDownload(kind: Kind, guest: Page, cable: Cable): Promise<{ list: DownloadList; broughtInAll: () => number }> {
  const before = cable.downloadedBytes;
  cable.allowDownload(FIRST_BYTES);
  const link = kind === 'a file' ? fileRow(guest, LECTURE).getByRole('link', { name: 'Download' }) : downloadAll(guest);
  await Promise.all([guest.waitForEvent('download'), link.click()]);
  const list = await DownloadList.open(guest.context());
  await expect.poll(async () => (await list.item()).percent).toBeGreaterThan(20);
  return { list, broughtInAll: () => cable.downloadedBytes - before };
}
