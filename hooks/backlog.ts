/** How much waits for each endpoint: measured now and then, by the instance that works. */
import { setTimeout as wait } from "node:timers/promises";
import type { StreamReader } from "../shared/bus/stream-reader.ts";
import { deadHooksSubject } from "../shared/protocol/subjects.ts";
import type { EndpointStats } from "./delivery/stats.ts";

const MEASURE_EVERY_MS = 5_000;

interface BacklogOptions {
  readonly reader: Pick<StreamReader, "extent" | "next">;
  readonly deadReader: Pick<StreamReader, "counts">;
  readonly endpoints: ReadonlyMap<string, EndpointStats>;
}

interface Waiting {
  /** Messages of the stream; each holds one or more events. */
  readonly messages: number;
  /** How long ago the oldest of them was stored, in milliseconds. */
  readonly ageMs: number;
  /** Dead letters that are kept. */
  readonly dead: number;
}

export class Backlog {
  readonly #options: BacklogOptions;
  #waiting: ReadonlyMap<string, Waiting> = new Map();

  constructor(options: BacklogOptions) {
    this.#options = options;
  }

  /** By endpoint; empty where this instance doesn't work, or can't measure it. */
  get waiting(): ReadonlyMap<string, Waiting> {
    return this.#waiting;
  }

  /** Works until the signal; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#waiting = await this.#measure().catch(() => new Map());
      await wait(MEASURE_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
    this.#waiting = new Map();
  }

  async #measure(): Promise<ReadonlyMap<string, Waiting>> {
    const { reader, deadReader, endpoints } = this.#options;
    const { last } = await reader.extent();
    const dead = await deadReader.counts();
    const measured = [...endpoints].map(async ([name, { position }]) => {
      const oldest = position < last ? await reader.next(position + 1) : undefined;
      const ageMs = oldest === undefined ? 0 : Math.max(0, Date.now() - oldest.storedAt);
      const messages = oldest === undefined ? 0 : last - oldest.sequence + 1;
      return [name, { messages, ageMs, dead: dead.get(deadHooksSubject(name)) ?? 0 }] as const;
    });
    return new Map(await Promise.all(measured));
  }
}
