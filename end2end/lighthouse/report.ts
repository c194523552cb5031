// Formats the figures of all visits as Markdown.

import type { Result } from 'lighthouse';
import { computeMedianRun } from 'lighthouse/core/lib/median-run.js';

import { CATEGORIES, type Subject } from './visit';

/** All visits of one page. */
export interface Measured {
  page: Subject;
  runs: Result[];
}

type Figure = (result: Result) => number;

/** A column of the table: a figure of a visit, and how it is formatted. */
interface Column {
  name: string;
  figure: Figure;
  written: (value: number) => string;
}

const audited = (id: string): Figure => (result) => result.audits[id]?.numericValue ?? Number.NaN;
const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;

const COLUMNS: Column[] = [
  ...CATEGORIES.map((id) => ({ name: id, figure: (result: Result) => score(result, id), written: String })),
  { name: 'FCP', figure: audited('first-contentful-paint'), written: seconds },
  { name: 'LCP', figure: audited('largest-contentful-paint'), written: seconds },
  { name: 'TBT', figure: audited('total-blocking-time'), written: (ms) => `${ms.toFixed(0)} ms` },
  { name: 'CLS', figure: audited('cumulative-layout-shift'), written: (shift) => `${Number(shift.toFixed(3))}` },
  { name: 'speed index', figure: audited('speed-index'), written: seconds },
  { name: 'kB over the network', figure: (result) => transferredBytes(result) / 1000, written: (kilobytes) => kilobytes.toFixed(0) },
];

/** The score of a category, 0 to 100. */
function score({ categories }: Result, id: string): number {
  return Math.round((categories[id]?.score ?? 0) * 100);
}

/** The audits that cost a category points; if there are none, its score is 100. */
export function costly({ audits, categories }: Result, id: string): string[] {
  const costs = ({ id, weight }: { id: string; weight: number }) => weight > 0 && audits[id].score !== null && audits[id].score < 1;
  return categories[id].auditRefs.filter(costs).map(({ id }) => id);
}

/** The cumulative layout shift: how much of the page moved after it had been drawn. */
export const layoutShift: Figure = audited('cumulative-layout-shift');

/** The number of bytes that came over the network: compressed, including the header fields. */
export const transferredBytes: Figure = audited('total-byte-weight');

/** The whole report: the median visits, the ranges, the audits that are not passed, and the facts about the machine. */
export function report(all: Measured[], facts: Record<string, string>): string {
  const medians = all.map(({ page, runs }) => ({ page, result: computeMedianRun(runs) as Result }));
  return [
    '# Lighthouse',
    'Each page was loaded by browsers that had never been there, on the phone and the network that Lighthouse simulates by\ndefault. The figures are those of the median visit. `make lighthouse` writes this file.',
    table(['page', ...COLUMNS.map(({ name }) => name)], medians.map(({ page, result }) => [page.name, ...COLUMNS.map(({ figure, written }) => written(figure(result)))])),
    '## From the lowest to the highest',
    table(['page', ...COLUMNS.map(({ name }) => name)], all.map(({ page, runs }) => [page.name, ...COLUMNS.map((column) => range(column, runs))])),
    ...medians.flatMap(({ page, result }) => [`## What is not at its best: ${page.name}`, findings(result)]),
    '## Machine',
    table(['', ''], Object.entries(facts)),
    '',
  ].join('\n\n');
}

function range({ figure, written }: Column, runs: Result[]): string {
  const values = runs.map(figure);
  const ends = [Math.min(...values), Math.max(...values)].map(written);
  return ends[0] === ends[1] ? ends[0] : ends.join(' – ');
}

/** The table of the audits that are not passed. Audits without a weight cost no points, but explain lost points. */
function findings({ audits, categories }: Result): string {
  const weights = new Map(Object.values(categories).flatMap(({ auditRefs }) => auditRefs.map(({ id, weight }) => [id, weight] as const)));
  const rows = Object.values(audits)
    .filter(({ id, score }) => weights.has(id) && score !== null && score < 1)
    .sort((one, other) => (weights.get(other.id) ?? 0) - (weights.get(one.id) ?? 0))
    .map(({ id, title, score, displayValue = '' }) => [id, `${Math.round(weights.get(id) ?? 0)}`, `${Math.round((score ?? 0) * 100)}`, `${plain(title)}${displayValue === '' ? '' : `: ${plain(displayValue)}`}`]);
  return rows.length === 0 ? 'Nothing.' : table(['audit', 'weight', 'score', ''], rows);
}

/** Replaces Lighthouse's no-break spaces and escapes the column separator. */
function plain(text: string): string {
  return text.replaceAll('\u00a0', ' ').replaceAll('|', '\\|');
}

function table(columns: string[], rows: string[][]): string {
  return [columns, columns.map(() => '---'), ...rows].map((line) => `| ${line.join(' | ')} |`).join('\n');
}
