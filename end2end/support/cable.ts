// The network between one client and the server: a plain TCP relay that can be cut, broken and held.

import { once } from 'node:events';
import { type AddressInfo, type Server as Listener, type Socket, connect, createServer } from 'node:net';

/** What a connection may send before it counts as one that carries a file. */
const SMALL_TALK_BYTES = 64 * 1024;
/** How much of a file goes up every hundredth of a second: 20 MiB in a second, a good home network. */
const TICK_BYTES = 205 * 1024;
const TICK_MS = 10;
/** What a slow cable takes from a client that it has not passed on: about a network's own buffers. */
const UNDER_WAY_BYTES = 256 * 1024;

export class Cable {
  /** Scheme, host and port to open instead of the server's. */
  readonly address: string;
  private readonly sockets = new Set<Socket>();
  private readonly flows = new Set<() => boolean>();
  private allowance = Number.POSITIVE_INFINITY;
  private allowanceDown = Number.POSITIVE_INFINITY;
  private distances: number[] = [];
  private carriedUp = 0;
  private carriedDown = 0;
  private slow = false;
  private flipAt = Number.POSITIVE_INFINITY;
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

  /** Ends every connection as if the server had ended it, in the middle of an answer too; new ones come through at once. */
  hangUp(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** Resets whichever connection carries the byte at each of these distances, from one to the next; new ones come through at once. */
  breakAfter(distances: number[]): void {
    this.distances = [...distances];
  }

  /** How many breaks are still to come. */
  get breaksLeft(): number {
    return this.distances.length;
  }

  /** Turns over one bit of the byte at this distance, counted on one connection and far enough from its beginning to be a file's. */
  flipBitAfter(distance: number): void {
    this.flipAt = distance;
  }

  /** Whether a bit is still to be turned over. */
  get flipIsLeft(): boolean {
    return this.flipAt !== Number.POSITIVE_INFINITY;
  }

  /** How many bytes clients have sent, over all connections. */
  get uploadedBytes(): number {
    return this.carriedUp;
  }

  /** How many bytes have come down from the server, over all connections. */
  get downloadedBytes(): number {
    return this.carriedDown;
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
    this.hold();
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
    this.hold();
    this.grant(bytes);
  }

  /** Lets files go up without end but slowly, so that the client itself notices it; connections share the speed. */
  throttleUpload(bytesPerSecond: number): void {
    this.hold();
    this.slow = true;
    this.ticking = setInterval(() => {
      // Time in which nothing was sent is lost.
      this.allowance = Math.min(this.allowance, 0);
      this.grant((bytesPerSecond * TICK_MS) / 1000);
    }, TICK_MS);
  }

  /** Lets about so many more bytes of files come down from the server, then holds the rest back. */
  allowDownload(bytes: number): void {
    this.allowanceDown = bytes;
    this.grant(0);
  }

  /** Holds nothing back any more. */
  allowEverything(): void {
    this.allowanceDown = Number.POSITIVE_INFINITY;
    this.allowBurst(Number.POSITIVE_INFINITY);
  }

  async dispose(): Promise<void> {
    clearInterval(this.ticking);
    if (this.listener.listening) await this.cut();
  }

  private hold(): void {
    clearInterval(this.ticking);
    this.allowance = 0;
    this.slow = false;
  }

  /** Gives connections their turns until nothing moves any more. */
  private grant(bytes: number): void {
    this.allowance += bytes;
    for (let moved = true; moved; ) {
      moved = false;
      for (const flow of [...this.flows]) {
        if (!flow()) continue;
        moved = true;
        // Whoever had a turn is the last one to have the next.
        this.flows.delete(flow);
        this.flows.add(flow);
      }
    }
  }

  /** Counts what passes, and breaks the connection when it is its turn. */
  private carry(bytes: number, client: Socket, server: Socket): void {
    if (this.distances.length === 0) return;
    this.distances[0] -= bytes;
    if (this.distances[0] > 0) return;
    this.distances.shift();
    for (const socket of [client, server]) socket.resetAndDestroy();
  }

  private relay(client: Socket): void {
    const server = connect(Number(this.target.port), this.target.hostname);
    const waiting: Buffer[] = [];
    let held = 0;
    let sent = 0;
    let received = 0;
    // What is held back is kept here, not in the system, so that the end of the connection is noticed.
    const flow = () => {
      const bytes = sent < SMALL_TALK_BYTES || this.allowance > 0 ? waiting.shift() : undefined;
      if (bytes !== undefined) {
        const before = sent;
        sent += bytes.length;
        held -= bytes.length;
        if (sent > SMALL_TALK_BYTES) this.allowance -= bytes.length;
        if (before < this.flipAt && this.flipAt < sent) {
          bytes[this.flipAt - before] ^= 1;
          this.flipAt = Number.POSITIVE_INFINITY;
        }
        server.write(bytes);
        this.carry(bytes.length, client, server);
      }
      if (this.slow && held > UNDER_WAY_BYTES) client.pause();
      else client.resume();
      // Downwards the server itself is held back, as a slow network does it.
      const full = client.writableNeedDrain || (received > SMALL_TALK_BYTES && this.allowanceDown <= 0);
      if (full) server.pause();
      else server.resume();
      return bytes !== undefined;
    };
    this.flows.add(flow);
    client.on('data', (bytes) => {
      this.carriedUp += bytes.length;
      held += bytes.length;
      waiting.push(bytes);
      flow();
    });
    server.on('data', (bytes) => {
      received += bytes.length;
      this.carriedDown += bytes.length;
      if (received > SMALL_TALK_BYTES) this.allowanceDown -= bytes.length;
      client.write(bytes);
      this.carry(bytes.length, client, server);
      flow();
    });
    client.on('drain', flow);
    server.on('end', () => client.end());
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
