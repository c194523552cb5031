// Runs one visit of Lighthouse, with an empty browser profile and a simulated phone.

import { chromium } from '@playwright/test';
import { launch } from 'chrome-launcher';
import lighthouse, { type Result } from 'lighthouse';

/** The categories that are measured. */
export const CATEGORIES = ['performance', 'accessibility', 'best-practices', 'seo'] as const;

/** A page, and the cookie of the seat that it is visited with, if any. */
export interface Subject {
  name: string;
  url: string;
  cookie?: { name: string; value: string };
}

/** How Chromium is started; a part of Playwright's `launchOptions`. */
export interface Program {
  executablePath?: string;
  args?: string[];
}

/** Lighthouse's result, its report as HTML, and the version of the browser. */
export interface Visit {
  result: Result;
  html: string;
  chromium: string;
}

/** Loads a page in a new browser profile with Lighthouse's defaults: a mid-range phone with slow 4G, both simulated. */
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

/** Adds the cookie to the browser, then disconnects, so that only Lighthouse is connected during the measurement. */
async function give(port: number, cookie: { name: string; value: string; url: string }): Promise<void> {
  const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`);
  await browser.contexts()[0].addCookies([cookie]);
  await browser.close();
}
