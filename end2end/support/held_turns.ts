// A page that comes to life as slowly as a test wants: its turns are held until they are let go.

import { type Page, expect } from '@playwright/test';

declare global {
  interface Window {
    heldTurns: (() => void)[] | undefined;
  }
}

export class HeldTurns {
  private constructor(private readonly page: Page) {}

  /** Loads the page again, which stays as the server painted it. */
  static async reload(page: Page): Promise<HeldTurns> {
    await page.addInitScript(() => {
      const held: (() => void)[] = [];
      window.heldTurns = held;
      const soon = window.setTimeout.bind(window);
      const hold = (turn: () => void, ms?: number, ...rest: unknown[]) => (ms === 0 && window.heldTurns !== undefined ? held.push(turn) : soon(turn, ms, ...rest));
      window.setTimeout = hold as typeof window.setTimeout;
    });
    await page.reload();
    return new HeldTurns(page);
  }

  /** Lets one turn go, as soon as there is one. */
  async letOneGo(): Promise<void> {
    await this.page.waitForFunction(() => window.heldTurns === undefined || window.heldTurns.length > 0);
    await this.page.evaluate(() => window.heldTurns?.shift()?.());
  }

  /** Lets turns go until something is true of the page. */
  async letGoUntil(is: () => Promise<boolean>): Promise<void> {
    for (let turns = 0; !(await is()); turns += 1) {
      expect(turns, 'turns of a page').toBeLessThan(200);
      await this.letOneGo();
    }
  }

  /** Holds nothing any more. */
  async letAllGo(): Promise<void> {
    await this.page.evaluate(() => {
      const held = window.heldTurns ?? [];
      window.heldTurns = undefined;
      for (const turn of held) turn();
    });
  }
}
