// How much memory the processes of a browser take while something happens.

import { readFileSync } from 'node:fs';

import type { Browser } from '@playwright/test';

import { MIB } from '../support/samples';

const STEP_MS = 100;

/** What the memory grew by at most, since the moment right before. */
export interface Growth {
  /** The process of the page. */
  tabMib: number;
  /** All processes together that serve every page: the browser's own, its network, its storage. */
  restMib: number;
}

interface Process {
  type: string;
  pid: number;
}

/** Watches a browser in which the measured page is the only one, from now until it is stopped. */
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
      // The browser keeps renderers in reserve and for its own surfaces, and does not tell which one is the page's;
      // but those have nothing to do, so that it is the one that grows most.
      if (type === 'renderer') this.tabBytes = Math.max(this.tabBytes, growth);
      else rest += growth;
    }
    this.restBytes = Math.max(this.restBytes, rest);
  }
}

/** Resident memory that no other process sees and no file backs; nothing for a process that has ended. */
function privateBytes(pid: number): number {
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return 0;
  }
  return Number(/^RssAnon:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}
