// The network between one browser and the server: a plain TCP relay that can be cut and held.

import { once } from 'node:events';
import { type AddressInfo, type Server as Listener, type Socket, connect, createServer } from 'node:net';

/** What a connection may send before it counts as one that carries a file. */
const SMALL_TALK_BYTES = 64 * 1024;
/** How much of a file goes up every hundredth of a second: 20 MiB in a second, a good home network. */
const TICK_BYTES = 205 * 1024;
const TICK_MS = 10;

export class Cable {
  /** Scheme, host and port to open instead of the server's. */
  readonly address: string;
  private readonly sockets = new Set<Socket>();
  private readonly flows = new Set<() => void>();
  private allowance = Number.POSITIVE_INFINITY;
  private ticking: NodeJS.Timeout | undefined;

  private constructor(
    private listener: Listener,
    private readonly port: number,
    private readonly target: URL,
  ) {
    this.address = `http://127.0.0.1:${port}`;
    listener.on('connection', (client) => this.relay(client));
  }

  static async to(address: string): Promise<Cable> {
    const listener = createServer({ pauseOnConnect: true });
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    return new Cable(listener, (listener.address() as AddressInfo).port, new URL(address));
  }

  /** Drops every connection and refuses new ones. */
  async cut(): Promise<void> {
    const closed = once(this.listener, 'close');
    this.listener.close();
    for (const socket of this.sockets) socket.resetAndDestroy();
    await closed;
  }

  /** Lets connections through again. */
  async mend(): Promise<void> {
    this.listener = createServer({ pauseOnConnect: true });
    this.listener.on('connection', (client) => this.relay(client));
    this.listener.listen(this.port, '127.0.0.1');
    await once(this.listener, 'listening');
  }

  /** Lets about so many more bytes of files go up to the server, as fast as a network would, then holds the rest back. */
  allowUpload(bytes: number): void {
    clearInterval(this.ticking);
    this.allowance = 0;
    let left = bytes;
    this.ticking = setInterval(() => {
      const now = Math.min(left, TICK_BYTES);
      left -= now;
      this.grant(now);
      if (left === 0) clearInterval(this.ticking);
    }, TICK_MS);
  }

  /** The same, but all of it at once. */
  allowBurst(bytes: number): void {
    clearInterval(this.ticking);
    this.allowance = 0;
    this.grant(bytes);
  }

  /** Holds nothing back any more. */
  allowEverything(): void {
    this.allowBurst(Number.POSITIVE_INFINITY);
  }

  async dispose(): Promise<void> {
    clearInterval(this.ticking);
    if (this.listener.listening) await this.cut();
  }

  private grant(bytes: number): void {
    this.allowance += bytes;
    for (const flow of this.flows) flow();
  }

  private relay(client: Socket): void {
    const server = connect(Number(this.target.port), this.target.hostname);
    const waiting: Buffer[] = [];
    let sent = 0;
    // What is held back is kept here, not in the system, so that the end of the connection is noticed.
    const flow = () => {
      while (waiting.length > 0 && (sent < SMALL_TALK_BYTES || this.allowance > 0)) {
        const bytes = waiting.shift() as Buffer;
        sent += bytes.length;
        if (sent > SMALL_TALK_BYTES) this.allowance -= bytes.length;
        server.write(bytes);
      }
    };
    this.flows.add(flow);
    client.on('data', (bytes) => {
      waiting.push(bytes);
      flow();
    });
    server.pipe(client);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ]) {
      this.sockets.add(socket);
      // Why a connection died matters to nobody here: the other half dies with it.
      socket.on('error', () => {});
      socket.on('close', () => {
        this.sockets.delete(socket);
        this.flows.delete(flow);
        other.destroy();
      });
    }
    client.on('end', () => server.end());
    client.resume();
  }
}
