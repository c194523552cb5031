// Defines a tap: a proxy in front of the server that puts a script into each page, which reports what went wrong in it. WebKit's
// driver does not tell.

import { once } from 'node:events';
import { type IncomingMessage, type Server as Listener, createServer, request } from 'node:http';
import { type AddressInfo, type Socket, connect } from 'node:net';

const REPORTS = '/tap';

/** What runs in each page before everything else. */
const SCRIPT = `
  const tell = (kind, text) => navigator.sendBeacon('${REPORTS}', kind + ': ' + text);
  addEventListener('error', (event) => tell('error', event.message), true);
  addEventListener('unhandledrejection', (event) => tell('rejection', String(event.reason)));
  addEventListener('securitypolicyviolation', (event) => tell('policy', event.violatedDirective + ' ' + event.blockedURI));
  const error = console.error;
  console.error = (...parts) => { tell('console', parts.map(String).join(' ')); error(...parts); };
`;

export class Tap {
  /** What pages complained about, and which requests the server refused. */
  readonly complaints: string[] = [];

  private constructor(
    private readonly listener: Listener,
    private readonly target: URL,
  ) {
    listener.on('upgrade', (upgrade: IncomingMessage, client: Socket, head: Buffer) => this.relay(upgrade, client, head));
  }

  /** A tap in front of the server with this address. */
  static async on(address: string): Promise<Tap> {
    const listener = createServer();
    const tap = new Tap(listener, new URL(address));
    listener.on('request', (incoming, response) => {
      const whole: Buffer[] = [];
      if (incoming.url === REPORTS) {
        incoming.on('data', (part: Buffer) => whole.push(part)).on('end', () => {
          tap.complaints.push(Buffer.concat(whole).toString());
          response.writeHead(204).end();
        });
        return;
      }
      const isPage = incoming.headers.accept?.includes('text/html') ?? false;
      const headers = { ...incoming.headers, ...(isPage && { 'accept-encoding': 'identity' }) };
      const forwarded = request({ host: tap.target.hostname, port: tap.target.port, method: incoming.method, path: incoming.url, headers }, (answer) => {
        const status = answer.statusCode ?? 502;
        if (status >= 400) tap.complaints.push(`${status}: ${incoming.method} ${incoming.url}`);
        const nonce = /'nonce-([^']+)'/.exec(String(answer.headers['content-security-policy']))?.[1];
        if (nonce === undefined || !String(answer.headers['content-type']).startsWith('text/html')) {
          response.writeHead(status, answer.headers);
          answer.pipe(response);
          return;
        }
        const { 'content-length': _, ...kept } = answer.headers;
        response.writeHead(status, kept);
        answer.setEncoding('utf8');
        let page = '';
        answer.on('data', (part: string) => (page += part));
        answer.on('end', () => response.end(page.replace('<head>', `<head><script nonce="${nonce}">${SCRIPT}</script>`)));
      });
      forwarded.on('error', () => response.destroy());
      response.on('close', () => forwarded.destroy());
      incoming.pipe(forwarded);
    });
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    return tap;
  }

  /** The address to open instead of the server's. */
  get address(): string {
    return `http://127.0.0.1:${(this.listener.address() as AddressInfo).port}`;
  }

  close(): void {
    this.listener.close();
    this.listener.closeAllConnections();
  }

  private relay(upgrade: IncomingMessage, client: Socket, head: Buffer): void {
    const server = connect(Number(this.target.port), this.target.hostname);
    const fields = upgrade.rawHeaders.map((text, at) => (at % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('');
    server.write(`${upgrade.method} ${upgrade.url} HTTP/1.1\r\n${fields}\r\n`);
    server.write(head);
    server.pipe(client).pipe(server);
    for (const [one, other] of [[server, client], [client, server]]) one.on('error', () => other.destroy()).on('close', () => other.destroy());
  }
}
