/**
 * Leaves a NATS server that is in lame-duck mode, before it ends the connection itself
 * (https://docs.nats.io/running-a-nats-service/nats_admin/lame_duck_mode): at a moment of our own
 * choice, when nothing waits for an answer, and not together with everybody else.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { Log } from "../runtime/log.ts";

/** Anywhere within this: a server begins to end connections after 10 s, that of our chart after 5 s. */
const SPREAD_MS = 3_000;
/** The longest wait for what is to be finished before. */
const FINISH_MS = 1_500;

/** Finishes what would be lost with the connection. Called again after each lame duck. */
export type LeaveListener = () => Promise<void>;

interface LameDuckOptions {
  readonly log: Log;
  /** Counts connections: when it changes, the server in question is no longer ours. */
  readonly connection: () => number;
  /** Resolves when nothing waits for an answer. */
  readonly idle: () => Promise<void>;
  /** Gives the connection up and makes another one. */
  readonly move: () => Promise<void>;
  readonly random: () => number;
}

export class LameDuck {
  /** Times a server was left. */
  moves = 0;
  readonly #options: LameDuckOptions;
  readonly #listeners = new Set<LeaveListener>();
  readonly #stopped = new AbortController();
  /** The connection that is about to be left. */
  #leaving: number | undefined;

  constructor(options: LameDuckOptions) {
    this.#options = options;
  }

  /** Calls back before a server is left; returns how to stop listening. */
  onLeave(listener: LeaveListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * The server that we are connected to is in lame-duck mode; it may say so several times.
   * @param hasOthers whether there is any other to go to
   */
  told(server: string, hasOthers: boolean): void {
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
      // The server ended it first, or we stop: there is nothing left to leave.
      log.debug({ err: error }, "a server in lame-duck mode was not left");
    }
  }

  async #pause(ms: number): Promise<void> {
    await wait(ms, undefined, { signal: this.#stopped.signal, ref: false });
  }
}
