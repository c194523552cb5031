// Programs of other people, run as children.

import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { sha256OfFile } from './samples';

/** How a program ended, and what it had to say. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end, whichever end that is. */
export function run(program: string, ...args: string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    // English, so that what it says can be read, but with all of Unicode in names.
    const env = { ...process.env, LC_ALL: 'C.UTF-8', LANGUAGE: 'en' };
    const child = execFile(program, args, { env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) resolve({ code: 0, stdout, stderr });
      else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr });
      else reject(error);
    });
    // Whoever wants to ask something gets no answer.
    child.stdin?.end();
  });
}

/** The size of a file, 0 before there is one. */
export async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

/** The digests of all files in a folder and below, by their paths. */
export async function digestsIn(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const pairs = await Promise.all(files.map(async (path) => [path.slice(folder.length + 1), await sha256OfFile(path)]));
  return Object.fromEntries(pairs) as Record<string, string>;
}
