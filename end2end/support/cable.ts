// Defines a cable, the network between a client and the server: a plain TCP relay that can be cut, that can break
// connections, and that can limit how much passes.

import { once } from 'node:events';
import { type AddressInfo, type Server as Listener, type Socket, connect, createServer } from 'node:net';

/** A connection that has passed more bytes than this counts as one that carries a file; until then nothing is held back. */
const SMALL_TALK_BYTES = 64 * 1024;
/** How many bytes of files go up in every tick: together 20 MiB per second, as in a good home network. */
const TICK_BYTES = 205 * 1024;
const TICK_MS = 10;
/** How many bytes a slow cable accepts from a client before it has passed them on: about a network's buffers. */
const UNDER_WAY_BYTES = 256 * 1024;

export class Cable {
  /** The address to open instead of the server's: scheme, host and port. */
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
    this.address = `${target.protocol}//127.0.0.1:${port}`;
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

  /** Ends every connection as if the server had ended it, even in the middle of an answer. New connections work at once. */
  hangUp(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** Resets a connection each time the given number of bytes has passed, on all connections and in both directions, since
   *  the reset before. New connections work at once. */
  breakAfter(distances: number[]): void {
    this.distances = [...distances];
  }

  /** How many of the resets of `breakAfter` are still to come. */
  get breaksLeft(): number {
    return this.distances.length;
  }

  /** Flips one bit of the byte at this distance from the beginning of an upload's connection, on the first connection that
   *  gets so far. The distance has to be large enough for the byte to belong to a file. */
  flipBitAfter(distance: number): void {
    this.flipAt = distance;
  }

  /** Whether the bit of `flipBitAfter` is still to be flipped. */
  get flipIsLeft(): boolean {
    return this.flipAt !== Number.POSITIVE_INFINITY;
  }

  /** The number of bytes that clients have sent, over all connections. */
  get uploadedBytes(): number {
    return this.carriedUp;
  }

  /** The number of bytes that the server has sent, over all connections. */
  get downloadedBytes(): number {
    return this.carriedDown;
  }

  /** Accepts connections again after `cut`. */
  async mend(): Promise<void> {
    this.listener = createServer({ pauseOnConnect: true });
    this.listener.on('connection', (client) => this.relay(client));
    this.listener.listen(this.port, '127.0.0.1');
    await once(this.listener, 'listening');
  }

  /** Lets about this many more bytes of files go up to the server, at the speed of a network, then holds the rest back. */
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

  /** Like `allowUpload`, but without a limit of speed. */
  allowBurst(bytes: number): void {
    this.hold();
    this.grant(bytes);
  }

  /** Limits the speed of uploads, which all connections share. The cable then stops reading from a client whose bytes it
   *  cannot pass on, so that the client notices the speed. */
  throttleUpload(bytesPerSecond: number): void {
    this.hold();
    this.slow = true;
    this.ticking = setInterval(() => {
      // An allowance that was not used does not accumulate.
      this.allowance = Math.min(this.allowance, 0);
      this.grant((bytesPerSecond * TICK_MS) / 1000);
    }, TICK_MS);
  }

  /** Lets about this many more bytes of files come down from the server, then holds the rest back. */
  allowDownload(bytes: number): void {
    this.allowanceDown = bytes;
    this.grant(0);
  }

  /** Removes all limits. */
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

  /** Adds to the allowance, then lets the connections take turns until none of them can send any more. */
  private grant(bytes: number): void {
    this.allowance += bytes;
    for (let moved = true; moved; ) {
      moved = false;
      for (const flow of [...this.flows]) {
        if (!flow()) continue;
        moved = true;
        // A connection that had its turn goes to the end of the queue.
        this.flows.delete(flow);
        this.flows.add(flow);
      }
    }
  }

  /** Counts the bytes that pass, and resets the connection if the next distance of `breakAfter` is reached. */
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
    // Bytes that are held back are kept here and not in the kernel's buffers, so that the end of the connection is noticed.
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
      // For downloads the relay stops reading, so that the server has to wait as with a slow network.
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
      // The error itself does not matter, since `close` follows and ends the other half of the connection.
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
