/** Compares the streams and buckets with the settings at the start, and then again and again. */
import type { Registry } from "prom-client";
import type { Bus } from "../bus/connection.ts";
import { type ComparedStore, compareStores, refuseUnfit } from "../bus/store-check.ts";
import type { CommonConfig } from "../config/settings.ts";
import type { Log } from "./log.ts";
import { gaugesOf } from "./metrics.ts";
import type { Condition } from "./ops.ts";

/** The settings of a stream rarely change, and each check is a request for each of them. */
const CHECK_EVERY_MS = 60_000;
/** Whoever has just run `ovation store apply` looks whether it helped. */
const CHECK_AGAIN_MS = 5_000;

const MENDED_BY = "`ovation store apply` changes that";

export class StoresCheck {
  readonly #bus: Bus;
  readonly #config: CommonConfig;
  readonly #log: Log;
  /** As each was when it could last be read. */
  readonly #compared = new Map<string, ComparedStore>();
  #logged: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(bus: Bus, config: CommonConfig, log: Log) {
    this.#bus = bus;
    this.#config = config;
    this.#log = log;
  }

  /**
   * Checks them, and from then on again. What is found later is reported, and the process goes on.
   * @throws StoreRefused naming server, stream, settings and what they must be, where a promise would
   *   be false
   */
  async start(): Promise<void> {
    await this.#compare();
    refuseUnfit(this.#bus.serverVersion, [...this.#compared.values()], this.#log);
    this.#checkLater();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Every store that was compared with the settings. */
  get compared(): readonly ComparedStore[] {
    return [...this.#compared.values()];
  }

  /** Those that keep less than the settings say. */
  get shortfalls(): readonly ComparedStore[] {
    return this.compared.filter(({ short }) => short.length > 0);
  }

  /** A warning while there are such. */
  get condition(): Condition {
    const warning = this.#text;
    return { name: "stores", warning };
  }

  get #text(): string | undefined {
    const texts = this.shortfalls.map(({ stream, short }) => `${stream}: ${short.join(", ")}`);
    return texts.length === 0 ? undefined : `${texts.join("; ")}; ${MENDED_BY}`;
  }

  #checkLater(): void {
    if (this.#stopped) return;
    const delayMs = this.#text === undefined ? CHECK_EVERY_MS : CHECK_AGAIN_MS;
    this.#timer = setTimeout(() => {
      void this.#compare().finally(() => this.#checkLater());
    }, delayMs).unref();
  }

  async #compare(): Promise<void> {
    for (const store of await compareStores(this.#bus, this.#config, this.#log)) {
      this.#compared.set(store.stream, store);
    }
    const text = this.#text;
    if (text === this.#logged) return;
    this.#logged = text;
    if (text === undefined) this.#log.info("the stores are as the settings say again");
    else
      this.#log.warn(
        { stores: this.shortfalls },
        `stores keep less than the settings say: ${MENDED_BY}`,
      );
  }
}

/** How many settings of each stream fall short. */
export function registerStores(
  registry: Registry,
  read: () => Pick<StoresCheck, "compared"> | undefined,
): void {
  gaugesOf(
    registry,
    "ovation_store_shortfalls",
    "Settings of a stream of NATS that keep less than ours say, by stream.",
    ["stream"],
    () => (read()?.compared ?? []).map(({ stream, short }) => [{ stream }, short.length]),
  );
}
