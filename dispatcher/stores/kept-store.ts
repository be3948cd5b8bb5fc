/** Keeps a bucket or stream in existence. */
import type { Bus } from "../../shared/bus/connection.ts";
import { Backoff } from "../../shared/lib/backoff.ts";
import type { Log } from "../../shared/runtime/log.ts";

const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 5_000;

/** A bucket or a stream. */
export interface Store {
  readonly name: string;
  ensure(): Promise<unknown>;
  /** Calls `listener` when somebody creates or deletes it; returns a function that stops. */
  onRecreated(listener: () => void): () => void;
}

interface KeptStoreOptions {
  readonly bus: Bus;
  readonly store: Store;
  readonly log: Log;
}

export class KeptStore {
  readonly #options: KeptStoreOptions;
  readonly #backoff = new Backoff(RETRY_MIN_MS, RETRY_MAX_MS);
  #timer: NodeJS.Timeout | undefined;
  #unlisten: (() => void)[] = [];
  #stopped = false;

  constructor(options: KeptStoreOptions) {
    this.#options = options;
  }

  /** Creates the store where it is missing: now, after each reconnect, and when it was deleted. */
  start(): void {
    const { bus, store } = this.#options;
    this.#unlisten = [
      bus.onState((state) => {
        if (state === "connected") this.#ensure();
      }),
      store.onRecreated(() => this.#ensure()),
    ];
    this.#ensure();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    for (const unlisten of this.#unlisten.splice(0)) unlisten();
  }

  #ensure(): void {
    clearTimeout(this.#timer);
    const { store, log } = this.#options;
    store.ensure().then(
      () => this.#backoff.reset(),
      (error: unknown) => {
        log.debug({ store: store.name, err: error }, "a store can't be created; retrying");
        if (!this.#stopped) this.#timer = setTimeout(() => this.#ensure(), this.#backoff.nextMs());
      },
    );
  }
}
