// Creates the file that all clients upload.

import { createHash, randomFillSync } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { MIB } from '../support/samples';

const STEP_MIB = 8;

export interface Corpus {
  /** The file's name, as the rows of a room show it. */
  name: string;
  path: string;
  bytes: number;
  /** The file's digest in base64, as in the server's `Repr-Digest`. */
  sha256: string;
  remove(): Promise<void>;
}

/** Writes a file of random bytes in a new folder and waits until it is on the disk, so that the system does not write it
 *  during the first measurement. */
export async function makeCorpus(mebibytes: number): Promise<Corpus> {
  const folder = await mkdtemp(join(tmpdir(), 'snapdrop-benchmark-'));
  const name = 'IMG_4402 harbour at dawn.mov';
  const path = join(folder, name);
  const hash = createHash('sha256');
  const file = await open(path, 'wx');
  for (let left = mebibytes; left > 0; left -= STEP_MIB) {
    const step = randomFillSync(Buffer.allocUnsafe(Math.min(left, STEP_MIB) * MIB));
    hash.update(step);
    await file.writeFile(step);
  }
  await file.sync();
  await file.close();
  return { name, path, bytes: mebibytes * MIB, sha256: hash.digest('base64'), remove: () => rm(folder, { recursive: true }) };
}
