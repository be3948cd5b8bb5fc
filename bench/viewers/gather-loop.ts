/**
 * Reads sockets whose frames accumulate in the kernel, each a few times a second. The period adapts to
 * what they get, so that no receive buffer fills up (the server would treat the viewer as slow) and
 * quiet sockets are not read needlessly.
 */
import type { RawSocket } from "../../kit/websocket/raw-socket.ts";

const TICK_MS = 10;
const FIRST_PERIOD_MS = 400;
const SHORTEST_PERIOD_MS = 20;
const LONGEST_PERIOD_MS = 500;
/** For when hardly any socket has data. Still well within the time to answer a ping. */
const QUIET_PERIOD_MS = 4_000;
/** Sockets are read more often when a read returns more than MUCH_BYTES, less often below LITTLE_BYTES. */
const MUCH_BYTES = 24_576;
const LITTLE_BYTES = 6_144;
const BUFFER_BYTES = 1_048_576;

export class GatherLoop {
  readonly #sockets: RawSocket[] = [];
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #timer: NodeJS.Timeout | undefined;
  #periodMs = FIRST_PERIOD_MS;
  #lastTick = performance.now();
  #pending = 0;
  #next = 0;
  #mostBytes = 0;
  #emptyReads = 0;
  #roundReads = 0;
  /** Total number of reads. */
  reads = 0;

  add(socket: RawSocket): void {
    this.#sockets.push(socket);
    if (this.#timer !== undefined) return;
    this.#lastTick = performance.now();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Reads every socket now. */
  readAll(): void {
    for (let left = this.#sockets.length; left > 0; left -= 1) this.#readNext();
  }

  #tick(): void {
    const now = performance.now();
    this.#pending += (this.#sockets.length * (now - this.#lastTick)) / this.#periodMs;
    this.#lastTick = now;
    // A late tick catches up, but never reads a socket twice.
    let reads = Math.min(this.#sockets.length, Math.floor(this.#pending));
    this.#pending = Math.max(0, Math.min(this.#sockets.length, this.#pending - reads));
    for (; reads > 0; reads -= 1) this.#readNext();
  }

  #readNext(): void {
    if (this.#next >= this.#sockets.length) this.#endRound();
    const socket = this.#sockets[this.#next];
    if (socket === undefined) return;
    const got = socket.read(this.#buffer);
    this.reads += 1;
    this.#roundReads += 1;
    if (got === "closed") {
      const last = this.#sockets.pop();
      if (last !== undefined && last !== socket) this.#sockets[this.#next] = last;
      return;
    }
    if (got === "nothing") this.#emptyReads += 1;
    else this.#mostBytes = Math.max(this.#mostBytes, got);
    this.#next += 1;
  }

  #endRound(): void {
    if (this.#emptyReads > this.#roundReads / 2) {
      this.#periodMs = Math.min(QUIET_PERIOD_MS, this.#periodMs * 2);
    } else if (this.#mostBytes > MUCH_BYTES) {
      this.#periodMs = Math.max(SHORTEST_PERIOD_MS, this.#periodMs / 2);
    } else if (this.#mostBytes < LITTLE_BYTES || this.#periodMs > LONGEST_PERIOD_MS) {
      this.#periodMs = Math.min(LONGEST_PERIOD_MS, this.#periodMs * 1.25);
    }
    this.#next = 0;
    this.#mostBytes = 0;
    this.#emptyReads = 0;
    this.#roundReads = 0;
  }
}
