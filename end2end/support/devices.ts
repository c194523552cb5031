// Defines the devices of the tests: how the browser of each introduces itself, and the size of its screen.

import type { BrowserContext, BrowserContextOptions, Page } from '@playwright/test';

interface Look {
  context: BrowserContextOptions;
  userAgent: string;
  /** Client hints, for browsers that send them; Safari does not. */
  hints?: { brand: string; platform: string; mobile: boolean; formFactor: string };
  touchPoints?: number;
}

const chrome = (system: string, kind = '') =>
  `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0${kind} Safari/537.36`;

const LOOKS = {
  desktop: {
    context: { viewport: { width: 1180, height: 760 } },
    userAgent: chrome('Windows NT 10.0; Win64; x64'),
    hints: { brand: 'Google Chrome', platform: 'Windows', mobile: false, formFactor: 'Desktop' },
  },
  brave: {
    context: { viewport: { width: 1180, height: 760 } },
    userAgent: chrome('X11; Linux x86_64'),
    hints: { brand: 'Brave', platform: 'Linux', mobile: false, formFactor: 'Desktop' },
  },
  iPhone: {
    context: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
    userAgent:
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
    touchPoints: 5,
  },
  androidPhone: {
    context: { viewport: { width: 412, height: 915 }, isMobile: true, hasTouch: true },
    userAgent: chrome('Linux; Android 10; K', ' Mobile'),
    hints: { brand: 'Google Chrome', platform: 'Android', mobile: true, formFactor: 'Mobile' },
    touchPoints: 5,
  },
  androidTablet: {
    context: { viewport: { width: 800, height: 1280 }, isMobile: true, hasTouch: true },
    userAgent: chrome('Linux; Android 10; K'),
    hints: { brand: 'Google Chrome', platform: 'Android', mobile: false, formFactor: 'Tablet' },
    touchPoints: 5,
  },
  // By default Safari on an iPad sends the User-Agent of a Mac; only the number of touch points tells them apart.
  iPadAsMac: {
    context: { viewport: { width: 820, height: 1180 }, hasTouch: true },
    userAgent: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15',
    touchPoints: 5,
  },
} satisfies Record<string, Look>;

export type DeviceName = keyof typeof LOOKS;

/** The options for a browser context of the device, as far as the browser takes them. */
export function contextOptions(name: DeviceName, browserName: string): BrowserContextOptions {
  const options: BrowserContextOptions = LOOKS[name].context;
  return browserName === 'chromium' ? { ...options, serviceWorkers: 'block' } : { viewport: options.viewport };
}

/** Sets User-Agent, client hints and touch points of a new tab to those of the device. Only Chromium lets a test do that. */
export async function disguise(page: Page, context: BrowserContext, name: DeviceName): Promise<void> {
  if (context.browser()?.browserType().name() !== 'chromium') return;
  const { userAgent, hints, touchPoints }: Look = LOOKS[name];
  const session = await context.newCDPSession(page);
  const version = '140';
  await session.send('Emulation.setUserAgentOverride', {
    userAgent,
    // Without metadata the browser sends no client hints, like Safari.
    userAgentMetadata: hints && {
      brands: [
        { brand: 'Chromium', version },
        { brand: hints.brand, version },
        { brand: 'Not?A_Brand', version: '24' },
      ],
      platform: hints.platform,
      platformVersion: '',
      architecture: '',
      model: '',
      mobile: hints.mobile,
      formFactors: [hints.formFactor],
    },
  });
  if (touchPoints !== undefined) {
    await page.addInitScript((points) => Object.defineProperty(Navigator.prototype, 'maxTouchPoints', { get: () => points }), touchPoints);
  }
}
