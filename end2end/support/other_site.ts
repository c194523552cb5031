// Serves another web site, whose page can upload to the SnapDrop server with tus-js-client.

import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { type Server as Listener, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

const CLIENT = fileURLToPath(new URL('../node_modules/tus-js-client/dist/tus.min.js', import.meta.url));
const PAGE = '<!doctype html><title>Somebody else</title><link rel="icon" href="data:,"><script src="/tus.min.js"></script>';

export class OtherSite {
  /** The path of the file that the site serves as `/file`. */
  file = '';

  private constructor(
    private readonly listener: Listener,
    /** The origin of the pages with the host name localhost. The SnapDrop server is at 127.0.0.1, which to a browser is
     *  another site, as it would not be if only the ports differed. */
    readonly origin: string,
    /** The origin of the same pages with the IP address. */
    readonly originByAddress: string,
  ) {}

  static async open(): Promise<OtherSite> {
    const listener = createServer();
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    const site = new OtherSite(listener, `http://localhost:${port}`, `http://127.0.0.1:${port}`);
    listener.on('request', ({ url }, answer) => {
      const path = { '/tus.min.js': CLIENT, '/file': site.file }[url ?? ''];
      answer.setHeader('Content-Type', path === undefined ? 'text/html' : path === CLIENT ? 'text/javascript' : 'application/octet-stream');
      if (path === undefined) answer.end(PAGE);
      else createReadStream(path).pipe(answer);
    });
    return site;
  }

  async close(): Promise<void> {
    this.listener.close();
    this.listener.closeAllConnections();
    await once(this.listener, 'close');
  }
}
