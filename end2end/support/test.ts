// Defines the fixtures of all tests: a server, the devices that use it, and checks that hold in every test.

import { type BrowserContextOptions, type Page, test as base, expect } from '@playwright/test';

import { Cable } from './cable';
import { type DeviceName, contextOptions, disguise } from './devices';
import { Server } from './server';
import { LAN_FLAGS, LAN_NAME, lanBrowser } from './trusting';

export { expect };

/** A console message that the browser itself writes when a request ends in a certain way. */
export interface Noise {
  text: RegExp;
  /** The URL of the request. */
  url: RegExp;
}

/** Messages that the browser writes while a test has taken away the network or the server. */
export const CONNECTION_LOST: Noise[] = [
  { text: /^Failed to load resource: net::ERR_(CONNECTION_(REFUSED|RESET|CLOSED)|SOCKET_NOT_CONNECTED|EMPTY_RESPONSE|INTERNET_DISCONNECTED)$/, url: /./ },
  { text: /^WebSocket connection to 'wss?:\/\/[\w.]+:\d+\/api\/rooms\/\d{6,}\/live\?(since=\d+&)?batches' failed: /, url: /./ },
  // Firefox says this as an error of the page.
  { text: /^(Firefox can’t establish a connection to the server at|The connection to) ws:\/\/[\w.]+:\d+\/api\/rooms\/\d{6,}\/live/, url: /./ },
];

/** The message that the browser writes when a request gets an error status that a test expects. */
export function answered(status: number, url: RegExp): Noise[] {
  return [{ text: new RegExp(`^Failed to load resource: the server responded with a status of ${status} \\(`), url }];
}

/** Messages that the browser writes when a file is removed, or its room closed, during its upload: a chunk is refused or cut off. */
export const CUT_OFF: Noise[] = [404, 409, 410]
  .flatMap((status) => answered(status, /\/files\//))
  .concat({ text: /^Failed to load resource: net::ERR_CONNECTION_(RESET|CLOSED|ABORTED)$/, url: /\/files\// });

export interface DeviceOptions {
  /** The address that pages are opened at, such as a cable's; the server's by default. */
  address?: string;
  /** Errors on the console that the test expects. */
  noise?: Noise[];
  /** Messages of uncaught errors that the test causes. */
  failures?: RegExp[];
  context?: BrowserContextOptions;
}

/** Starts a device: a browser context with one blank tab, whose relative URLs lead to the server. */
export type StartDevice = (name: DeviceName, options?: DeviceOptions) => Promise<Page>;

interface Fixtures {
  /** The name under which devices open the server and its cables, if it is not the one that they give themselves. */
  host: string | undefined;
  /** Whether devices reach the server over TLS by a name of the network, and trust it, as phones at home do. Firefox is tested
   *  without. */
  overTls: boolean;
  /** Command-line flags of the server, in addition to its address and its data folder. */
  flags: string[];
  server: Server;
  /** A network that a device can be connected through, and that the test can cut or slow down. */
  cable: Cable;
  device: StartDevice;
  /** Another tab of the same browser. */
  anotherTab: (page: Page) => Promise<Page>;
}

export const test = base.extend<Fixtures>({
  host: [undefined, { option: true }],

  overTls: [false, { option: true }],

  flags: async ({ overTls, browserName }, use) => use(overTls && browserName === 'chromium' ? LAN_FLAGS : []),

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

  device: async ({ browser: ownBrowser, browserName, server, host: ownHost, overTls }, use) => {
    const lan = overTls && browserName === 'chromium' ? await lanBrowser(server, true) : undefined;
    const [browser, host] = lan === undefined ? [ownBrowser, ownHost] : [lan.browser, LAN_NAME];
    const complaints: string[] = [];
    const contexts: { close(): Promise<void> }[] = [];
    await use(async (name, { address: given = server.address, noise = [], failures = [], context: extra = {} } = {}) => {
      const address = host === undefined ? given : given.replace(new URL(given).hostname, host);
      const context = await browser.newContext({ ...contextOptions(name, browserName), baseURL: address, ...extra });
      contexts.push(context);
      names.set(context, name);
      context.on('console', (message) => {
        if (message.type() === 'error' && !isExpected(noise, message.text(), message.location().url)) {
          complaints.push(`${name}: console: ${message.text()} (${message.location().url})`);
        }
      });
      context.on('weberror', (error) => {
        const { message } = error.error();
        const isNoise = failures.some((text) => text.test(message)) || isExpected(noise, message, error.page()?.url() ?? '');
        if (!isNoise) complaints.push(`${name}: page error: ${error.error()}`);
      });
      // In every test, all requests of all pages have to go to the server itself.
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
    await lan?.dispose();
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

function isExpected(noise: Noise[], message: string, at: string): boolean {
  return noise.some(({ text, url }) => text.test(message) && url.test(at));
}

function isForeign(url: string, address: string): boolean {
  const { protocol, host } = new URL(url);
  return /^(https?|wss?):$/.test(protocol) && host !== new URL(address).host;
}
