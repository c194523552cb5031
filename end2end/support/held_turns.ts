// Slows down the hydration of a page. Between the parts of a page, hydration waits for the next turn of the event loop
// with a timer of 0 ms; here these timers are held until a test lets them go.

import { type Page, expect } from '@playwright/test';

declare global {
  interface Window {
    heldTurns: (() => void)[] | undefined;
  }
}

export class HeldTurns {
  private constructor(private readonly page: Page) {}

  /** Loads the page again and holds its turns, so that it stays as the server rendered it. */
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

  /** Waits until a turn is held, and lets it go. */
  async letOneGo(): Promise<void> {
    await this.page.waitForFunction(() => window.heldTurns === undefined || window.heldTurns.length > 0);
    await this.page.evaluate(() => window.heldTurns?.shift()?.());
  }

  /** Lets turns go, one at a time, until the condition holds. */
  async letGoUntil(is: () => Promise<boolean>): Promise<void> {
    for (let turns = 0; !(await is()); turns += 1) {
      expect(turns, 'turns of a page').toBeLessThan(200);
      await this.letOneGo();
    }
  }

  /** Lets turns go, each as soon as it is held, until the promise is settled; returns its value. */
  async letGoUntilDone<T>(something: Promise<T>): Promise<T> {
    let isDone = false;
    const done = something.finally(() => (isDone = true));
    while (!isDone) await Promise.race([done, this.letOneGo()]);
    return await done;
  }

  /** Lets all held turns go, and holds no turn from now on. */
  async letAllGo(): Promise<void> {
    await this.page.evaluate(() => {
      const held = window.heldTurns ?? [];
      window.heldTurns = undefined;
      for (const turn of held) turn();
    });
  }
}
