// One visit of Lighthouse's: a phone that was never here before.

import { chromium } from '@playwright/test';
import { launch } from 'chrome-launcher';
import lighthouse, { type Result } from 'lighthouse';

/** What is measured; all of it is to be 100. */
export const CATEGORIES = ['performance', 'accessibility', 'best-practices', 'seo'] as const;

/** A page, and the cookie without which it is another one. */
export interface Subject {
  name: string;
  url: string;
  cookie?: { name: string; value: string };
}

/** How Playwright is told to start Chromium. */
export interface Program {
  executablePath?: string;
  args?: string[];
}

/** What Lighthouse found, its own page about it, and the version of the browser. */
export interface Visit {
  result: Result;
  html: string;
  chromium: string;
}

/** Loads a page with a profile of its own, as Lighthouse does it by default: on a mid-range phone with slow 4G, both simulated. */
export async function visit({ url, cookie }: Pick<Subject, 'url' | 'cookie'>, { executablePath, args = [] }: Program): Promise<Visit> {
  const browser = await launch({ chromePath: executablePath, chromeFlags: ['--headless=new', ...args], logLevel: 'error' });
  try {
    if (cookie !== undefined) await give(browser.port, { ...cookie, url: new URL(url).origin });
    const run = await lighthouse(url, { port: browser.port, onlyCategories: [...CATEGORIES], disableStorageReset: true, logLevel: 'error', output: 'html' });
    if (run === undefined) throw new Error(`Lighthouse brought nothing from ${url}`);
    const { lhr, report } = run;
    if (lhr.runtimeError !== undefined) throw new Error(`${url}: ${lhr.runtimeError.message}`);
    return { result: lhr, html: String(report), chromium: await versionOf(browser.port) };
  } finally {
    browser.kill();
  }
}

async function versionOf(port: number): Promise<string> {
  const { Browser } = (await (await fetch(`http://127.0.0.1:${port}/json/version`)).json()) as { Browser: string };
  return Browser.split('/')[1];
}

/** Lays the cookie into the browser, and lets go of it: nobody but Lighthouse watches while it measures. */
async function give(port: number, cookie: { name: string; value: string; url: string }): Promise<void> {
  const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`);
  await browser.contexts()[0].addCookies([cookie]);
  await browser.close();
}
