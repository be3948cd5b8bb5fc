/**
 * Leaves a NATS server that is in lame-duck mode before it ends the connection itself
 * (https://docs.nats.io/running-a-nats-service/nats_admin/lame_duck_mode): at a moment of our own
 * choice, when no request is in flight, and spread out from the other clients.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { Log } from "../runtime/log.ts";

/** A random time up to this: a server closes connections from 10 s on, our chart's from 5 s on. */
const SPREAD_MS = 3_000;
/** How long to wait for work that should finish first. */
const FINISH_MS = 1_500;

/** Finishes work that would be lost with the connection. Called for each lame duck. */
export type LeaveListener = () => Promise<void>;

interface LameDuckOptions {
  readonly log: Log;
  /** Counts connections: when it changes, the server in question is no longer ours. */
  readonly connection: () => number;
  /** Resolves when no request is in flight. */
  readonly idle: () => Promise<void>;
  /** Closes the connection and opens another one. */
  readonly move: () => Promise<void>;
  readonly random: () => number;
}

export class LameDuck {
  /** How often a server was left. */
  moves = 0;
  readonly #options: LameDuckOptions;
  readonly #listeners = new Set<LeaveListener>();
  readonly #stopped = new AbortController();
  /** The connection that is about to be left. */
  #leaving: number | undefined;

  constructor(options: LameDuckOptions) {
    this.#options = options;
  }

  /** Calls `listener` before a server is left; returns a function that stops listening. */
  onLeave(listener: LeaveListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * The server that we are connected to is in lame-duck mode; may be called several times.
   * @param hasOthers whether there is another server to move to
   */
  entered(server: string, hasOthers: boolean): void {
    const { log, connection } = this.#options;
    if (this.#leaving === connection()) return;
    this.#leaving = connection();
    if (hasOthers) {
      log.warn({ server }, "NATS server is in lame-duck mode; going to another one");
      void this.#leave(connection());
    } else log.warn({ server }, "NATS server is in lame-duck mode, and no other is known");
  }

  stop(): void {
    this.#stopped.abort();
  }

  async #leave(own: number): Promise<void> {
    const { log, connection, idle, move, random } = this.#options;
    try {
      await this.#pause(random() * SPREAD_MS);
      if (own !== connection()) return;
      const finished = Promise.all([...this.#listeners].map((listener) => listener())).then(idle);
      await Promise.race([finished, this.#pause(FINISH_MS)]);
      if (own !== connection()) return;
      await move();
      this.moves += 1;
    } catch (error) {
      // The server closed the connection first, or we are stopping: nothing is left to do.
      log.debug({ err: error }, "could not leave a server in lame-duck mode");
    }
  }

  async #pause(ms: number): Promise<void> {
    await wait(ms, undefined, { signal: this.#stopped.signal, ref: false });
  }
}
