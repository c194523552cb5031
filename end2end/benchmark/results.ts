// Collects the samples, computes their medians and writes the results.

import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import type { Sample } from './candidates';

/** The results of one client, as in `browser.json`. */
interface Row {
  client: string;
  seconds: number;
  mib_per_sec: number;
  /** The client's throughput, divided by that of curl. */
  ratio_to_curl: number;
  /** The highest growth in any round; null for curl, whose memory is not measured. */
  tab_growth_mib: number | null;
  rest_growth_mib: number | null;
  samples: { seconds: number; tab_growth_mib: number | null; rest_growth_mib: number | null }[];
}

const UNIT = 'curl';

export class Results {
  private readonly samples = new Map<string, Sample[]>();

  constructor(private readonly mebibytes: number) {}

  add(client: string, sample: Sample): void {
    this.samples.set(client, [...(this.samples.get(client) ?? []), sample]);
  }

  /** Throughput in MiB/s. */
  rate({ seconds }: Sample): number {
    return this.mebibytes / seconds;
  }

  /** Prints the table, and writes `browser.json` into the folder if one is given. */
  async report(facts: Record<string, string>, folder: string | undefined): Promise<void> {
    const rows = [...this.samples].map(([client, samples]) => this.row(client, samples));
    process.stdout.write(`\n${table(rows)}\n\n${Object.entries(facts).map(([name, fact]) => `${name}: ${fact}`).join('\n')}\n`);
    if (folder === undefined) return;
    await mkdir(folder, { recursive: true });
    const path = resolve(join(folder, 'browser.json'));
    await writeFile(path, `${JSON.stringify({ facts, rows }, null, 1)}\n`);
    process.stdout.write(`written to ${path}\n`);
  }

  private row(client: string, samples: Sample[]): Row {
    const seconds = median(samples);
    return {
      client,
      seconds,
      mib_per_sec: this.mebibytes / seconds,
      ratio_to_curl: median(this.samples.get(UNIT) ?? []) / seconds,
      tab_growth_mib: highest(samples.map(({ growth }) => growth?.tabMib)),
      rest_growth_mib: highest(samples.map(({ growth }) => growth?.restMib)),
      samples: samples.map(({ seconds, growth }) => ({ seconds, tab_growth_mib: growth?.tabMib ?? null, rest_growth_mib: growth?.restMib ?? null })),
    };
  }
}

function median(samples: Sample[]): number {
  const sorted = samples.map(({ seconds }) => seconds).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function highest(values: (number | undefined)[]): number | null {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? null : Math.max(...known);
}

function table(rows: Row[]): string {
  const columns = ['client', 's', 'MiB/s', '× curl', 'tab MiB', 'rest of the browser MiB'];
  const lines = rows.map((row) => [
    row.client,
    row.seconds.toFixed(2),
    row.mib_per_sec.toFixed(0),
    row.ratio_to_curl.toFixed(2),
    row.tab_growth_mib?.toFixed(0) ?? '',
    row.rest_growth_mib?.toFixed(0) ?? '',
  ]);
  return [columns, columns.map(() => '---'), ...lines].map((line) => `| ${line.join(' | ')} |`).join('\n');
}
