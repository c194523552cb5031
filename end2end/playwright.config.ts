import { defineConfig } from '@playwright/test';

// The screenshots, the benchmark, Lighthouse and the tests in WebKit run on demand only. Workers read this file again; they inherit the
// environment but not the command line, so the chosen project is passed on in SNAPDROP_ON_DEMAND.
const ON_DEMAND = ['screenshots', 'benchmark', 'lighthouse', 'webkit'];
const isChosen = (name: string) => process.argv.some((argument, at) => argument === `--project=${name}` || (argument === name && process.argv[at - 1] === '--project'));
const chosen = process.env.SNAPDROP_ON_DEMAND ?? ON_DEMAND.find(isChosen);
if (chosen !== undefined) process.env.SNAPDROP_ON_DEMAND = chosen;

// Pictures are taken as in a network, where pages say nothing about an address that only this machine can open. The name
// stands for this machine, and its pages may do all that those of an encrypted connection may.
const PICTURED_HOST = 'lan.snapdrop.example';
const asInNetwork = chosen === 'screenshots' ? [`--host-resolver-rules=MAP ${PICTURED_HOST} 127.0.0.1`, '--unsafely-treat-insecure-origin-as-secure=*.snapdrop.example'] : [];

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
  },
  projects: chosen !== undefined ? [{ name: chosen, testDir: chosen }] : [{ name: 'chromium', testDir: 'tests' }],
});
