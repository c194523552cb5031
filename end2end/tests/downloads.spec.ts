// Tests downloads with common programs: curl and wget resume after an interruption, and unpackers open the archive.

import type { TestInfo } from '@playwright/test';

import { ApiRoom } from '../support/api_room';
import type { Cable } from '../support/cable';
import { digestsIn, run, sizeOf } from '../support/programs';
import { MIB, sample, sha256OfFile } from '../support/samples';
import type { Server } from '../support/server';
import { expect, test } from '../support/test';

/** How a download is interrupted (`strike`), and how the server becomes reachable again (`heal`). */
const FAULTS: Record<string, { strike: (server: Server, cable: Cable) => Promise<void>; heal: (server: Server, cable: Cable) => Promise<void> }> = {
  'the connection was cut': {
    strike: (_, cable) => cable.cut(),
    heal: (_, cable) => cable.mend(),
  },
  'the server was killed and started again': {
    strike: async (server, cable) => {
      await server.kill();
      // What the server sent before it was killed has to reach the client before the end of the connection does.
      cable.allowEverything();
    },
    heal: (server) => server.startAgain(),
  },
};

/** Adds files to the room, and returns the URL and the digest of what is downloaded. */
async function target(kind: string, room: ApiRoom, info: TestInfo): Promise<{ url: string; sha256: string }> {
  const first = await sample(info, 'Lecture 7.mp4', 32 * MIB + 1);
  const url = await room.add(first);
  if (kind === 'a file') return { url, sha256: first.sha256 };
  await room.add(await sample(info, '☕ notes.md', 1234));
  await room.add(await sample(info, 'photos/harbour.jpg', 9 * MIB));
  return { url: room.archive(), sha256: await room.sha256Of(room.archive()) };
}

for (const kind of ['a file', 'the archive']) {
  for (const [fault, { strike, heal }] of Object.entries(FAULTS)) {
    test(`curl -C - brings the rest of ${kind} after ${fault}`, async ({ server, cable }, info) => {
      const room = await ApiRoom.open(server.address);
      const { url, sha256 } = await target(kind, room, info);
      const path = info.outputPath('download');
      const curl = (...more: string[]) =>
        run('curl', '-sSf', '-H', `Authorization: Bearer ${room.token}`, '-o', path, '-w', '%{http_code} %{size_download}', ...more, room.reachedBy(cable.address, url));

      cable.allowDownload(12 * MIB);
      const first = curl();
      await expect.poll(() => sizeOf(path)).toBeGreaterThan(10 * MIB);
      await strike(server, cable);
      expect((await first).code, 'half a file is a failure').not.toBe(0);
      const half = await sizeOf(path);
      cable.allowEverything();
      await heal(server, cable);

      const { code, stdout, stderr } = await curl('-C', '-');
      expect(stderr).toBe('');
      expect(code).toBe(0);
      const whole = await sizeOf(path);
      expect(stdout).toBe(`206 ${whole - half}`);
      expect(await sha256OfFile(path)).toBe(sha256);
    });

    test(`wget -c brings the rest of ${kind} after ${fault}`, async ({ server, cable }, info) => {
      const room = await ApiRoom.open(server.address);
      const { url, sha256 } = await target(kind, room, info);
      const path = info.outputPath('download');
      const wget = () =>
        run('wget', '-c', '--tries=1', '--progress=dot:giga', `--header=Authorization: Bearer ${room.token}`, '-O', path, room.reachedBy(cable.address, url));

      cable.allowDownload(12 * MIB);
      const first = wget();
      await expect.poll(() => sizeOf(path)).toBeGreaterThan(10 * MIB);
      await strike(server, cable);
      expect((await first).code, 'half a file is a failure').not.toBe(0);
      cable.allowEverything();
      await heal(server, cable);

      const second = await wget();
      expect(second.stderr).toContain('206 Partial Content');
      expect(second.code).toBe(0);
      expect(await sha256OfFile(path)).toBe(sha256);
      // A third call has nothing left to download.
      const third = await wget();
      expect(third.stderr).toContain('nothing to do');
      expect(third.code).toBe(0);
      expect(await sha256OfFile(path)).toBe(sha256);
    });
  }
}

test('one call of wget goes on by itself through a cut and through the death of the server', async ({ server, cable }, info) => {
  const room = await ApiRoom.open(server.address);
  const { url, sha256 } = await target('a file', room, info);
  const path = info.outputPath('download');
  cable.allowDownload(8 * MIB);
  const patient = ['-c', '--tries=50', '--waitretry=1', '--retry-connrefused', '--progress=dot:giga'];
  const call = run('wget', ...patient, `--header=Authorization: Bearer ${room.token}`, '-O', path, room.reachedBy(cable.address, url));

  await expect.poll(() => sizeOf(path)).toBeGreaterThan(7 * MIB);
  await cable.cut();
  cable.allowDownload(8 * MIB);
  await cable.mend();
  await expect.poll(() => sizeOf(path)).toBeGreaterThan(14 * MIB);
  await server.kill();
  cable.allowEverything();
  await server.startAgain();

  const { code, stderr } = await call;
  expect(stderr.match(/206 Partial Content/g)).toHaveLength(2);
  expect(code).toBe(0);
  expect(await sha256OfFile(path)).toBe(sha256);
});

test('the archive passes the tests of unzip, Python and 7-Zip, and comes out of each of them whole', async ({ server }, info) => {
  const room = await ApiRoom.open(server.address);
  // Some of the names would collide on a disk (the same name twice, in another case, a file named like a folder), and some
  // would do harm.
  const names = ['notes.md', 'notes.md', 'NOTES.md', 'photos/harbour.jpg', 'photos', '☕ Füchse & Gänse.txt', 'CON', '../../etc/passwd', 'empty.txt'];
  const digests: string[] = [];
  for (const [index, name] of names.entries()) {
    const file = await sample(info, `${index}.bin`, name === 'empty.txt' ? 0 : MIB + index);
    await room.add({ path: file.path, name });
    digests.push(file.sha256);
  }
  const archive = info.outputPath('all.zip');
  const got = await run('curl', '-sSf', '-H', `Authorization: Bearer ${room.token}`, '-o', archive, room.archive());
  expect(got.code, got.stderr).toBe(0);

  const sevenZip = await firstOf('7zz', '7z', '7za');
  const programs: Record<string, { test: string[]; extract: (folder: string) => string[] }> = {
    unzip: { test: ['unzip', '-tq', archive], extract: (folder) => ['unzip', '-q', archive, '-d', folder] },
    Python: { test: ['python3', '-m', 'zipfile', '-t', archive], extract: (folder) => ['python3', '-m', 'zipfile', '-e', archive, folder] },
    '7-Zip': { test: [sevenZip, 't', archive], extract: (folder) => [sevenZip, 'x', '-y', `-o${folder}`, archive] },
  };
  const contents: Record<string, Record<string, string>> = {};
  for (const [program, { test: testing, extract }] of Object.entries(programs)) {
    for (const [command, ...args] of [testing, extract(info.outputPath(program))]) {
      const { code, stdout, stderr } = await run(command, ...args);
      expect(code, `${program}: ${stdout}${stderr}`).toBe(0);
      expect(`${stdout}${stderr}`, program).not.toMatch(/warning/i);
    }
    contents[program] = await digestsIn(info.outputPath(program));
    expect(Object.values(contents[program]).sort(), program).toEqual([...digests].sort());
  }
  // All three programs agree on every name.
  expect(contents.Python).toEqual(contents.unzip);
  expect(contents['7-Zip']).toEqual(contents.unzip);
});

/** The first of these programs that is installed; the name of 7-Zip differs from system to system. */
async function firstOf(...programs: string[]): Promise<string> {
  for (const program of programs) {
    const { code } = await run('sh', '-c', `command -v ${program}`);
    if (code === 0) return program;
  }
  throw new Error(`none of ${programs.join(', ')} is here: run .ci/toolchain browser`);
}
