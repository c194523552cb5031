import { type PlaywrightTestOptions, type PlaywrightWorkerOptions, defineConfig } from '@playwright/test';

import { ONLY_IN_CHROMIUM } from './support/only_in_chromium';

type UseOptions = Partial<PlaywrightTestOptions & PlaywrightWorkerOptions>;

// The screenshots, the benchmark, Lighthouse and the tests in WebKit and Firefox run on demand only. Workers read this file again; they inherit the
// environment but not the command line, so the chosen project is passed on in SNAPDROP_ON_DEMAND.
const ON_DEMAND = ['screenshots', 'benchmark', 'lighthouse', 'webkit', 'firefox'];
const isChosen = (name: string) => process.argv.some((argument, at) => argument === `--project=${name}` || (argument === name && process.argv[at - 1] === '--project'));
const chosen = process.env.SNAPDROP_ON_DEMAND ?? ON_DEMAND.find(isChosen);
if (chosen !== undefined) process.env.SNAPDROP_ON_DEMAND = chosen;

// Pictures are taken as in a network, where pages say nothing about an address that only this machine can open. The name
// stands for this machine, and its pages may do all that those of an encrypted connection may.
const PICTURED_HOST = 'lan.snapdrop.example';
const asInNetwork = chosen === 'screenshots' ? [`--host-resolver-rules=MAP ${PICTURED_HOST} 127.0.0.1`, '--unsafely-treat-insecure-origin-as-secure=*.snapdrop.example'] : [];

const CHROMIUM: UseOptions = {
  browserName: 'chromium',
  screenshot: 'only-on-failure',
  launchOptions: {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...asInNetwork,
    ],
  },
};
const FIREFOX: UseOptions = {
  browserName: 'firefox',
  // The style that is injected for a picture breaks the pages' Content-Security-Policy.
  screenshot: 'off',
  launchOptions: { channel: 'moz-firefox', executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr' },
};

export default defineConfig<{ host: string | undefined }>({
  forbidOnly: true,
  fullyParallel: true,
  // What is measured has the machine for itself.
  workers: chosen === 'benchmark' || chosen === 'lighthouse' ? 1 : 2,
  retries: 0,
  // The longest tests take twenty seconds on a quiet machine, and more than a minute on one that compiles something meanwhile.
  timeout: 180_000,
  expect: { timeout: 10_000 },
  reporter: [['list'], ['./support/count_reporter.ts']],
  outputDir: 'test-results',
  use: {
    host: chosen === 'screenshots' ? PICTURED_HOST : undefined,
    ...(chosen === 'firefox' ? FIREFOX : CHROMIUM),
  },
  grepInvert: chosen === 'firefox' ? ONLY_IN_CHROMIUM : undefined,
  projects: chosen !== undefined ? [{ name: chosen, testDir: chosen === 'firefox' ? 'tests' : chosen }] : [{ name: 'chromium', testDir: 'tests' }],
});
