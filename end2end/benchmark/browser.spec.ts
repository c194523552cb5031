// Measures how fast one large file is uploaded by SnapDrop's page, by tus-js-client in the same browser, and by curl.
// It runs on demand only:
//   npx playwright test --project=benchmark
// SNAPDROP_BENCH_MIB is the size of the file, SNAPDROP_BENCH_ROUNDS the number of rounds, and SNAPDROP_BENCH_RESULTS the
// folder that browser.json is written to. The test fails only if a transfer went wrong, whatever the figures are.

import { expect, test as base } from '../support/test';
import { type Candidate, candidates } from './candidates';
import { type Corpus, makeCorpus } from './corpus';
import { machine } from './machine';
import { Results } from './results';

/** The time limit. Any upload that makes progress takes less, even with the comparison of the digests. */
const PATIENCE_MS = 10 * 60_000;

const MEBIBYTES = wholeNumber('SNAPDROP_BENCH_MIB', 2048);
const ROUNDS = wholeNumber('SNAPDROP_BENCH_ROUNDS', 3);

const test = base.extend<{ corpus: Corpus }>({
  corpus: [
    async ({}, use) => {
      const corpus = await makeCorpus(MEBIBYTES);
      await use(corpus);
      await corpus.remove();
    },
    { timeout: PATIENCE_MS },
  ],
});

test('one large file', async ({ browser, server, corpus }) => {
  const contenders = candidates(browser, server, corpus);
  test.setTimeout(PATIENCE_MS * ROUNDS * contenders.length);
  const facts = await machine(browser, MEBIBYTES, ROUNDS);
  const results = new Results(MEBIBYTES);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const candidate of inTurn(contenders, round)) {
      await test.step(`round ${round + 1}, ${candidate.name}`, () => measure(candidate), { timeout: PATIENCE_MS });
    }
  }
  await results.report(facts, process.env.SNAPDROP_BENCH_RESULTS);

  async function measure(candidate: Candidate): Promise<void> {
    const { sample, stored } = await candidate.upload();
    expect(await stored.sha256(), `what ${candidate.name} brought`).toBe(corpus.sha256);
    // The file is removed at once, so that the disk never holds more than one uploaded file and the system does not
    // write it to the disk during the next measurement.
    await stored.remove();
    expect(await server.storedFiles()).toEqual([]);
    results.add(candidate.name, sample);
    process.stdout.write(`${candidate.name}: ${results.rate(sample).toFixed(0)} MiB/s\n`);
  }
});

/** The candidates in the order of this round: each round begins with another one. */
function inTurn(all: Candidate[], round: number): Candidate[] {
  const first = round % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
}

function wholeNumber(variable: string, otherwise: number): number {
  const value = Number(process.env[variable] ?? otherwise);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${variable} has to be a whole number above 0`);
  return value;
}
