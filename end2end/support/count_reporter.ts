// The last line of a run: how many claims held and how many did not.

import type { FullConfig, Reporter, Suite } from '@playwright/test/reporter';

export default class CountReporter implements Reporter {
  private suite: Suite | undefined;

  onBegin(_config: FullConfig, suite: Suite) {
    this.suite = suite;
  }

  // After `onEnd` of every reporter, so that nothing is printed below.
  async onExit() {
    const outcomes = (this.suite?.allTests() ?? []).map((test) => test.outcome());
    // Whatever did not run proved nothing.
    const passed = outcomes.filter((outcome) => outcome === 'expected').length;
    process.stdout.write(`\n${passed} passed, ${outcomes.length - passed} failed\n`);
  }

  printsToStdio() {
    return true;
  }
}
