// Runs other programs as child processes, and looks at the files that they write.

import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { sha256OfFile } from './samples';

/** The exit code of a program, and its output. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program until it exits, whatever its exit code is; fails only if it cannot be started or is killed. */
export function run(program: string, ...args: string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    // Messages are in English so that tests can check them, and file names may contain all of Unicode.
    const env = { ...process.env, LC_ALL: 'C.UTF-8', LANGUAGE: 'en' };
    const child = execFile(program, args, { env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) resolve({ code: 0, stdout, stderr });
      else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr });
      else reject(error);
    });
    // Standard input is empty, so that no program waits for an answer.
    child.stdin?.end();
  });
}

/** The size of a file in bytes; 0 if it does not exist. */
export async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

/** The digests of all files in a folder and its subfolders, by their paths relative to the folder. */
export async function digestsIn(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const pairs = await Promise.all(files.map(async (path) => [path.slice(folder.length + 1), await sha256OfFile(path)]));
  return Object.fromEntries(pairs) as Record<string, string>;
}
