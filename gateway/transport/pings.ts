/**
 * Pings WebSockets at an interval, a share of them at a time: one pass over all of them would block
 * the event loop, and all pongs would arrive at once.
 */

/** Of 50,000 viewers, about 1,600 are pinged in one turn of the event loop. */
const SHARES = 32;

interface Pingable {
  ping(): void;
}

export class Pings<Socket extends Pingable> {
  readonly #shares = Array.from({ length: SHARES }, () => new Set<Socket>());
  readonly #intervalMs: number;
  #timer: NodeJS.Timeout | undefined;
  #next = 0;
  #added = 0;

  /** @param intervalMs how often each is pinged */
  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  start(): void {
    this.#timer = setInterval(() => this.#pingShare(), this.#intervalMs / SHARES);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** @returns the share that the socket is in; delete it from there to stop its pings */
  add(socket: Socket): Set<Socket> {
    this.#added = (this.#added + 1) % SHARES;
    const share = this.#share(this.#added);
    share.add(socket);
    return share;
  }

  #pingShare(): void {
    this.#next = (this.#next + 1) % SHARES;
    for (const socket of this.#share(this.#next)) socket.ping();
  }

  #share(index: number): Set<Socket> {
    const share = this.#shares[index];
    if (share === undefined) throw new RangeError(`no share ${index}`);
    return share;
  }
}
