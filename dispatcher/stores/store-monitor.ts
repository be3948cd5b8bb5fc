/** Asks every store a few times a minute how it is, with or without traffic. */
import type { Bus } from "../../shared/bus/connection.ts";
import { storeConfigs } from "../../shared/bus/store-configs.ts";
import { type StoreState, StoreStateReader } from "../../shared/bus/store-state.ts";
import type { DispatcherConfig } from "../../shared/config/settings.ts";

/** An answer takes up to two seconds more, so that what is told is never older than 10 s. */
const INTERVAL_MS = 7_500;

export class StoreMonitor {
  readonly #bus: Bus;
  readonly #readers: readonly StoreStateReader[];
  /** As of the last check; of those that answered. */
  #states: ReadonlyMap<string, StoreState> = new Map();
  #isChecked = false;
  #timer: NodeJS.Timeout | undefined;
  #stopListening: () => void = () => undefined;
  #isStopped = false;

  constructor(bus: Bus, config: DispatcherConfig) {
    this.#bus = bus;
    this.#readers = storeConfigs(config).map(({ name }) => new StoreStateReader(bus, name));
  }

  /** The state of each store; undefined where no leader answers. Empty before the first check. */
  get states(): ReadonlyMap<string, StoreState | undefined> {
    if (!this.#isChecked) return new Map();
    const isConnected = this.#bus.state === "connected";
    return new Map(
      this.#readers.map(({ name }) => [name, isConnected ? this.#states.get(name) : undefined]),
    );
  }

  /** The stores that don't answer. */
  get silent(): readonly string[] {
    return [...this.states].filter(([, state]) => state === undefined).map(([name]) => name);
  }

  /** Checks now, each few seconds, and after each reconnect. */
  start(): void {
    this.#stopListening = this.#bus.onState((state) => {
      if (state === "connected") void this.#check();
    });
    void this.#check();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#stopListening();
  }

  async #check(): Promise<void> {
    clearTimeout(this.#timer);
    const answers = await Promise.allSettled(
      this.#readers.map(async (reader) => [reader.name, await reader.read()] as const),
    );
    if (this.#isStopped) return;
    this.#states = new Map(
      answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : [])),
    );
    this.#isChecked = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#check(), INTERVAL_MS);
  }
}
