// Measures with Chromium's tracing how long one event keeps the main thread of a page with a thousand files and a hundred
// members busy. It runs on demand only:
//   npx playwright test --project=benchmark large_room
// SNAPDROP_BENCH_EVENTS is how many events of each kind are measured, and SNAPDROP_BENCH_RESULTS the folder that
// large_room.md is written to. The test fails only if an event does not arrive, whatever the figures are.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Page, WebSocket } from '@playwright/test';

import { host } from '../support/host';
import { createRoom } from '../support/room';
import { expect, test } from '../support/test';
import { RoomApi } from './room_api';

const FILES = 1000;
const MEMBERS = 100;
/** How long a task may take without delaying a frame; at 60 Hz, frames follow each other every 16.7 ms. */
const BUDGET_MS = 16;
const EVENTS = Number(process.env.SNAPDROP_BENCH_EVENTS ?? 20);
const CHUNK_BYTES = 100_000;
/** The name of the marks in the trace; there is one where each event begins. */
const MARK = 'something happens';

test('a large room', async ({ browser, device, server }) => {
  test.setTimeout(10 * 60_000);
  const page = await device('desktop');
  const sockets: WebSocket[] = [];
  page.on('websocket', (socket) => sockets.push(socket));
  const pin = await createRoom(page);
  const cookie = (await page.context().cookies()).find(({ name }) => name === `snapdrop-${pin}`);
  const room = new RoomApi(`${server.address}/api/rooms/${pin}`, cookie?.value ?? '');
  const guests: string[] = [];
  for (let number = 1; number < MEMBERS; number += 1) guests.push(await room.join(`Member ${number}`));
  const ids: string[] = [];
  for (let number = 0; number < FILES; number += 1) ids.push(await room.add(`Photo ${number}.jpg`));
  const large = await room.create('large.mov', CHUNK_BYTES * (EVENTS + 1));
  await expect(page.getByRole('list', { name: 'Files' }).getByRole('listitem')).toHaveCount(FILES + 1, { timeout: 120_000 });
  await expect(page.locator('.file[data-state=complete]')).toHaveCount(FILES, { timeout: 120_000 });

  const kinds: [string, (round: number) => Promise<unknown>][] = [
    ['more of a file arrives', (round) => room.append(large, round * CHUNK_BYTES, CHUNK_BYTES)],
    ['a file is added', async (round) => ids.push(await room.create(`More ${round}.jpg`, 1))],
    ['a file is removed', () => room.remove(ids.pop() ?? '')],
    ['a member joins', (round) => room.join(`Late ${round}`)],
    ['a member gets a file', (round) => room.download(ids[round] ?? '', guests[round] ?? '')],
    ['a text is added', (round) => room.say(`Text ${round}`)],
  ];
  const lines = [];
  for (const [name, happen] of kinds) {
    await browser.startTracing(page);
    for (let round = 0; round < EVENTS; round += 1) {
      await page.evaluate((mark) => performance.mark(mark), MARK);
      const received = sockets.at(-1)?.waitForEvent('framereceived');
      await happen(round);
      await received;
      await drawn(page);
    }
    const events = eventsOf(await browser.stopTracing());
    expect(events).toHaveLength(EVENTS);
    const longest = events.map((tasks) => Math.max(...tasks));
    const figures = [median(longest), Math.max(...longest), median(events.map(sum))].map((ms) => ms.toFixed(1));
    const within = longest.filter((ms) => ms <= BUDGET_MS).length;
    lines.push(`| ${[name, ...figures, `${within} of ${EVENTS}`].join(' | ')} |`);
    process.stdout.write(`${name}: ${figures[0]} ms at a time, at most ${figures[1]} ms, ${figures[2]} ms in all; ${within} of ${EVENTS} within a frame\n`);
  }
  await report(lines);
});

/** Waits two frames, after which everything that follows from an event is on the screen. */
async function drawn(page: Page): Promise<void> {
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  /** The beginning, in microseconds on the browser's clock. */
  ts: number;
  /** The duration in microseconds. */
  dur?: number;
  args?: { name?: string };
}

/** For each event, the durations in milliseconds of all tasks of the page's main thread from this event to the next. */
function eventsOf(trace: Buffer): number[][] {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
  const thread = ({ pid, tid }: TraceEvent) => `${pid}/${tid}`;
  const tasks = traceEvents.filter(({ name, ph }) => name === 'RunTask' && ph === 'X');
  const main = new Set(traceEvents.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain').map(thread));
  const marks = traceEvents.filter(({ name }) => name === MARK).sort((one, other) => one.ts - other.ts);
  return marks.map((mark, index) => {
    const end = marks[index + 1]?.ts ?? Number.POSITIVE_INFINITY;
    const own = tasks.filter((task) => main.has(thread(task)) && task.ts >= mark.ts && task.ts < end);
    return own.map(({ dur = 0 }) => dur / 1000);
  });
}

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

function median(values: number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function report(lines: string[]): Promise<void> {
  const folder = process.env.SNAPDROP_BENCH_RESULTS;
  if (folder === undefined) return;
  const facts = Object.entries({ ...host(), events: `${EVENTS} of each kind` }).map(([name, fact]) => `- ${name}: ${fact}`);
  const text = `# A room with ${FILES} files and ${MEMBERS} members

What one event costs the owner's page (\`make bench\`), by Chromium's tracing: the longest task of the main thread in
the median event and in the worst, all tasks from the event until two frames later in the median event, and how many
events kept each task within a frame of ${BUDGET_MS} ms.

| event | longest task, ms | in the worst event, ms | all tasks, ms | within a frame |
| --- | --- | --- | --- | --- |
${lines.join('\n')}

${facts.join('\n')}
`;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'large_room.md'), text);
}
