// Measures how much the memory of a browser's processes grows during an upload.

import { readFileSync } from 'node:fs';

import type { Browser } from '@playwright/test';

import { MIB } from '../support/samples';

const STEP_MS = 100;

/** The highest growth of the memory since the watch began, in MiB. */
export interface Growth {
  /** Growth of the page's process. */
  tabMib: number;
  /** Growth of all processes that serve no page in particular, together: those of the browser, its network and its storage. */
  restMib: number;
}

interface Process {
  type: string;
  pid: number;
}

/** Samples the memory of a browser from `start` to `stop`. The measured page has to be the browser's only one. */
export class MemoryWatch {
  private readonly before: Map<Process, number>;
  private tabBytes = 0;
  private restBytes = 0;
  private readonly ticking: NodeJS.Timeout;

  private constructor(processes: Process[]) {
    this.before = new Map(processes.map((process) => [process, privateBytes(process.pid)]));
    this.ticking = setInterval(() => this.look(), STEP_MS);
  }

  static async start(browser: Browser): Promise<MemoryWatch> {
    const session = await browser.newBrowserCDPSession();
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    await session.detach();
    return new MemoryWatch(processInfo.map(({ type, id }) => ({ type, pid: id })));
  }

  stop(): Growth {
    clearInterval(this.ticking);
    this.look();
    return { tabMib: this.tabBytes / MIB, restMib: this.restBytes / MIB };
  }

  private look(): void {
    let rest = 0;
    for (const [{ type, pid }, before] of this.before) {
      const growth = privateBytes(pid) - before;
      // The browser also has spare renderers and renderers for its own surfaces, and does not say which one is the
      // page's. The others are idle, so the page's renderer is the one that grows most.
      if (type === 'renderer') this.tabBytes = Math.max(this.tabBytes, growth);
      else rest += growth;
    }
    this.restBytes = Math.max(this.restBytes, rest);
  }
}

/** Anonymous resident memory (`RssAnon`) in bytes; 0 for a process that has ended. */
function privateBytes(pid: number): number {
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return 0;
  }
  return Number(/^RssAnon:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}
