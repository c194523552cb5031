// Files to hand around, and how to tell whether they are the same afterwards.

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

/** A file of random bytes on this device's disk. */
export async function sample(info: TestInfo, name: string, size: number): Promise<Sample> {
  const path = info.outputPath('disk', name);
  const bytes = randomBytes(size);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return { name, path, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** The same file as before, as far as its name and its time tell, with other bytes from `offset` on, or of another length. */
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

/** The digest of what a download brought, once all of it is there. */
export async function sha256Of(download: Download): Promise<string> {
  return sha256OfFile(await download.path());
}

/** The digest of a file on the disk. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
