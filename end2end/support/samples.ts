// Creates files for the tests to transfer, and computes the digests that they are compared by.

import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, open, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';

import type { Download, TestInfo } from '@playwright/test';

export const MIB = 1024 * 1024;

export interface Sample {
  name: string;
  path: string;
  sha256: string;
}

/** Writes a file of random bytes into the test's output folder. */
export async function sample(info: TestInfo, name: string, size: number): Promise<Sample> {
  const path = info.outputPath('disk', name);
  const bytes = randomBytes(size);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return { name, path, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** Writes a copy of a file with the same name and times but with other bytes at `offset` and, if `length` is given, another
 *  length; returns the copy's path. */
export async function changed(info: TestInfo, { name, path }: Sample, { offset = 0, length }: { offset?: number; length?: number }): Promise<string> {
  const copy = info.outputPath(`changed at ${offset}, ${length}`, name);
  await mkdir(dirname(copy), { recursive: true });
  await copyFile(path, copy);
  if (length !== undefined) await truncate(copy, length);
  const file = await open(copy, 'r+');
  await file.write('changed', offset);
  await file.close();
  const { atime, mtime } = await stat(path);
  await utimes(copy, atime, mtime);
  return copy;
}

/** The digest of a text's bytes. */
export function sha256OfText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Waits for the end of a download and returns its digest. */
export async function sha256Of(download: Download): Promise<string> {
  return sha256OfFile(await download.path());
}

/** The digest of a file on the disk. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
