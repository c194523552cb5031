// Prints the last line of a run: how many tests passed and how many failed.

import type { FullConfig, Reporter, Suite } from '@playwright/test/reporter';

export default class CountReporter implements Reporter {
  private suite: Suite | undefined;

  onBegin(_config: FullConfig, suite: Suite) {
    this.suite = suite;
  }

  // `onExit` is called after every reporter's `onEnd`, so nothing is printed below this line.
  async onExit() {
    const outcomes = (this.suite?.allTests() ?? []).map((test) => test.outcome());
    // A test that did not run counts as failed.
    const passed = outcomes.filter((outcome) => outcome === 'expected').length;
    process.stdout.write(`\n${passed} passed, ${outcomes.length - passed} failed\n`);
  }

  printsToStdio() {
    return true;
  }
}
