// Reads the texts of the interface in each language from the catalogues.

import { readFileSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';

const FOLDER = resolve(import.meta.dirname, '../../app/locales');

/** The codes of all languages. */
export const LANGUAGES = readdirSync(FOLDER).map((name) => name.replace('.toml', ''));

/** The messages of a language that have no placeholders: their texts by their keys. */
export function catalogue(language: string): Map<string, string> {
  const lines = readFileSync(resolve(FOLDER, `${language}.toml`), 'utf8').split('\n');
  const messages = lines.flatMap((line) => {
    const [, key, text] = /^(\w+) = ("(?:[^"\\]|\\.)*")$/.exec(line) ?? [];
    return key === undefined || text === undefined || text.includes('{') ? [] : [[key, JSON.parse(text) as string] as const];
  });
  return new Map(messages);
}

/** The text of one of these messages. */
export function say(language: string, key: string): string {
  const text = catalogue(language).get(key);
  if (text === undefined) throw new Error(`${language} has no plain message ${key}`);
  return text;
}
