// What the interface says in each language, as the catalogues have it.

import { readFileSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';

const FOLDER = resolve(import.meta.dirname, '../../app/locales');

/** The codes of all languages. */
export const LANGUAGES = readdirSync(FOLDER).map((name) => name.replace('.toml', ''));

/** The messages of a language that are text without places: what they are called, and what they say. */
export function catalogue(language: string): Map<string, string> {
  const lines = readFileSync(resolve(FOLDER, `${language}.toml`), 'utf8').split('\n');
  const messages = lines.flatMap((line) => {
    const [, key, text] = /^(\w+) = ("(?:[^"\\]|\\.)*")$/.exec(line) ?? [];
    return key === undefined || text === undefined || text.includes('{') ? [] : [[key, JSON.parse(text) as string] as const];
  });
  return new Map(messages);
}

/** One of them. */
export function say(language: string, key: string): string {
  const text = catalogue(language).get(key);
  if (text === undefined) throw new Error(`${language} has no plain message ${key}`);
  return text;
}
