/** The JetStream stream that holds the votes of every poll, in Ovation's terms. */
import { DiscardPolicy, StorageType, type StreamConfig } from "@nats-io/jetstream";
import { nanos } from "nats";
import type { CommonConfig } from "../config/settings.ts";
import { VOTES_STREAM, VOTES_SUBJECTS } from "../protocol/subjects.ts";
import type { Log } from "../runtime/log.ts";
import type { Bus } from "./connection.ts";
import { differencesOf, ensureStream } from "./ensure-stream.ts";
import { managerOf } from "./jetstream-manager.ts";

type Limits = Pick<CommonConfig, "historyReplicas" | "historyAgeMs" | "votesTotalBytes">;

/** The configuration that the stream is created with. */
export function votesStreamConfig(limits: Limits): Partial<StreamConfig> & { name: string } {
  return {
    name: VOTES_STREAM,
    description: "Ovation: the votes of each poll, by ov.votes.<video>.<poll>",
    subjects: [VOTES_SUBJECTS],
    storage: StorageType.File,
    num_replicas: limits.historyReplicas,
    max_age: nanos(limits.historyAgeMs),
    max_bytes: limits.votesTotalBytes,
    // A vote that was acknowledged is never dropped to make room.
    discard: DiscardPolicy.New,
    allow_direct: true,
  };
}

/** Settings of an existing stream that are compared with ours. */
const COMPARED = [
  "storage",
  "num_replicas",
  "max_age",
  "max_bytes",
  "discard",
] as const satisfies readonly (keyof StreamConfig)[];

export class VotesStream {
  readonly name = VOTES_STREAM;
  readonly #bus: Bus;
  readonly #limits: Limits;
  readonly #log: Log;

  constructor(bus: Bus, limits: Limits, log: Log) {
    this.#bus = bus;
    this.#limits = limits;
    this.#log = log;
  }

  /**
   * Creates the stream if it doesn't exist, as only dispatchers may. An existing one is used as it
   * is; settings that differ from ours are logged.
   */
  async ensure(): Promise<void> {
    const expected = votesStreamConfig(this.#limits);
    const info = await this.#bus.whileConnected(async () =>
      ensureStream(await managerOf(this.#bus), expected),
    );
    for (const difference of differencesOf(info.config, expected, COMPARED)) {
      this.#log.warn(difference, "the votes' stream differs from its settings");
    }
  }

  /**
   * Calls `listener` when somebody creates or deletes the stream.
   * @returns a function that stops listening
   */
  onRecreated(listener: () => void): () => void {
    return this.#bus.onStream(["CREATED", "DELETED"], VOTES_STREAM, listener);
  }
}
