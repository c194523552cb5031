// The fixtures: a server, devices around it, and the guards that watch every test.

import { type BrowserContextOptions, type ConsoleMessage, type Page, test as base, expect } from '@playwright/test';

import { Cable } from './cable';
import { type DeviceName, contextOptions, disguise } from './devices';
import { Server } from './server';

export { expect };

/** A console message that the browser itself writes when a request ends in a certain way. */
export interface Noise {
  text: RegExp;
  /** What the request was for. */
  url: RegExp;
}

/** What the browser writes while the network or the server is away on purpose. */
export const CONNECTION_LOST: Noise[] = [
  { text: /^Failed to load resource: net::ERR_(CONNECTION_(REFUSED|RESET|CLOSED)|SOCKET_NOT_CONNECTED|EMPTY_RESPONSE|INTERNET_DISCONNECTED)$/, url: /./ },
  { text: /^WebSocket connection to 'ws:\/\/127\.0\.0\.1:\d+\/api\/rooms\/\d{6}\/live(\?since=\d+)?' failed: /, url: /./ },
];

/** What the browser writes when an address answers with an error status, which is the point of the test. */
export function answered(status: number, url: RegExp): Noise[] {
  return [{ text: new RegExp(`^Failed to load resource: the server responded with a status of ${status} \\(`), url }];
}

/** What the browser writes when the file that it sends is erased: the chunk is refused or cut off. */
export const CUT_OFF: Noise[] = [404, 409]
  .flatMap((status) => answered(status, /\/files\//))
  .concat({ text: /^Failed to load resource: net::ERR_CONNECTION_(RESET|CLOSED|ABORTED)$/, url: /\/files\// });

export interface DeviceOptions {
  /** Where to open pages: the server's address unless a cable lies between. */
  address?: string;
  /** Errors on the console that are part of the test. */
  noise?: Noise[];
  context?: BrowserContextOptions;
}

interface Fixtures {
  /** What the server is started with, beside its address and its folder. */
  flags: string[];
  server: Server;
  /** A network of its own for one device, to be cut. */
  cable: Cable;
  /** Takes a device into the hand: a browser of its own with one blank tab. Paths lead to the server. */
  device: (name: DeviceName, options?: DeviceOptions) => Promise<Page>;
  /** Another tab of the same browser. */
  anotherTab: (page: Page) => Promise<Page>;
}

export const test = base.extend<Fixtures>({
  flags: async ({}, use) => use([]),

  server: async ({ flags }, use) => {
    const server = await Server.start(flags);
    await use(server);
    expect(await server.dispose(), 'the exit code of the server').toBe(0);
    expect(server.complaints(), 'errors in the log of the server').toEqual([]);
  },

  cable: async ({ server }, use) => {
    const cable = await Cable.to(server.address);
    await use(cable);
    await cable.dispose();
  },

  device: async ({ browser, server }, use) => {
    const complaints: string[] = [];
    const contexts: { close(): Promise<void> }[] = [];
    await use(async (name, { address = server.address, noise = [], context: extra = {} } = {}) => {
      const context = await browser.newContext({ ...contextOptions(name), baseURL: address, serviceWorkers: 'block', ...extra });
      contexts.push(context);
      names.set(context, name);
      context.on('console', (message) => {
        if (message.type() === 'error' && !isExpected(message, noise)) {
          complaints.push(`${name}: console: ${message.text()} (${message.location().url})`);
        }
      });
      context.on('weberror', (error) => complaints.push(`${name}: page error: ${error.error()}`));
      // Nothing may be asked of anyone but the server itself, by any page, in any test.
      context.on('request', (request) => {
        if (isForeign(request.url(), address)) complaints.push(`${name}: request to another origin: ${request.url()}`);
      });
      context.on('page', (page) => {
        page.on('websocket', (socket) => {
          if (isForeign(socket.url(), address)) complaints.push(`${name}: socket to another origin: ${socket.url()}`);
        });
      });
      const page = await context.newPage();
      await disguise(page, context, name);
      return page;
    });
    await Promise.all(contexts.map((context) => context.close()));
    expect(complaints, 'what the pages complained about').toEqual([]);
  },

  anotherTab: async ({}, use) => {
    await use(async (page) => {
      const context = page.context();
      const tab = await context.newPage();
      await disguise(tab, context, names.get(context) ?? 'desktop');
      return tab;
    });
  },
});

const names = new WeakMap<object, DeviceName>();

function isExpected(message: ConsoleMessage, noise: Noise[]): boolean {
  return noise.some(({ text, url }) => text.test(message.text()) && url.test(message.location().url));
}

function isForeign(url: string, address: string): boolean {
  const { protocol, host } = new URL(url);
  return /^(https?|wss?):$/.test(protocol) && host !== new URL(address).host;
}
