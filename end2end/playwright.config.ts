import { defineConfig } from '@playwright/test';

// The pictures of the README are made on demand only. Workers read this file again and inherit the
// environment, but not the command line.
if (process.argv.some((argument, at) => argument === '--project=screenshots' || (argument === 'screenshots' && process.argv[at - 1] === '--project'))) {
  process.env.SNAPDROP_PICTURES = 'yes';
}
const pictures = process.env.SNAPDROP_PICTURES === 'yes';

export default defineConfig({
  forbidOnly: true,
  fullyParallel: true,
  workers: 2,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [['list'], ['./support/count_reporter.ts']],
  outputDir: 'test-results',
  use: {
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
      ],
    },
  },
  projects: pictures ? [{ name: 'screenshots', testDir: 'screenshots' }] : [{ name: 'chromium', testDir: 'tests' }],
});
