// The file that everybody uploads.

import { createHash, randomFillSync } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { MIB } from '../support/samples';

const STEP_MIB = 8;

export interface Corpus {
  /** Its name, as the rows of a room show it. */
  name: string;
  path: string;
  bytes: number;
  /** Base64, as the server tells it. */
  sha256: string;
  remove(): Promise<void>;
}

/** Random bytes in a folder of their own, all of them on the disk, so that no write-back runs into the first measurement. */
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
