/**
 * The rules of each room as publishes are checked by them. Those of a video that is held here are
 * known; those of another one are read when something is published on it, and used for a moment.
 */
import { RULES_KIND } from "../../shared/protocol/kinds.ts";
import {
  NO_RULES,
  parseRoomRules,
  type RoomRules,
} from "../../shared/protocol/moderation/room-rules.ts";
import { dataOf } from "../../shared/protocol/state-document.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { StateReader } from "./state-reader.ts";
import type { VideoState } from "./video-state.ts";

/** How long what was read is used: changed rules hold at every gateway within a second. */
const RULES_AGE_MS = 500;
/** How long those go on that were known when a read failed: nothing waits for a store that is away. */
const UNREADABLE_AGE_MS = 5_000;
/** Videos whose rules are remembered; the one that was read longest ago is dropped for another. */
const KEPT_LIMIT = 10_000;

interface RoomRulesOptions {
  readonly held: { stateOf(video: string): Pick<VideoState, "rules"> | undefined };
  readonly reader: Pick<StateReader, "read">;
  readonly now: MonotonicClock;
}

interface Kept {
  readonly rules: RoomRules;
  readonly until: number;
}

export class RoomRulesReader {
  readonly #options: RoomRulesOptions;
  /** The one that was read longest ago first. */
  readonly #kept = new Map<string, Kept>();
  readonly #reading = new Map<string, Promise<void>>();

  constructor(options: RoomRulesOptions) {
    this.#options = options;
  }

  /** The rules of the video; undefined when they must be read first: see {@link learn}. */
  of(video: string): RoomRules | undefined {
    const { held, now } = this.#options;
    const rules = held.stateOf(video)?.rules;
    if (rules !== undefined) return rules;
    const kept = this.#kept.get(video);
    return kept === undefined || kept.until <= now() ? undefined : kept.rules;
  }

  /** The rules as they were known last. */
  latest(video: string): RoomRules {
    return this.of(video) ?? this.#kept.get(video)?.rules ?? NO_RULES;
  }

  /**
   * Reads the rules; concurrent calls for a video share one read. While the store can't be read, the
   * rules that were known last go on: what isn't stored can be published nevertheless.
   */
  async learn(video: string): Promise<void> {
    const known = this.#reading.get(video);
    if (known !== undefined) return await known;
    const reading = this.#read(video).finally(() => this.#reading.delete(video));
    this.#reading.set(video, reading);
    await reading;
  }

  async #read(video: string): Promise<void> {
    const { now } = this.#options;
    const readAt = now();
    const kept = await this.#stored(video).then(
      (rules) => ({ rules, until: readAt + RULES_AGE_MS }),
      () => ({ rules: this.#kept.get(video)?.rules ?? NO_RULES, until: now() + UNREADABLE_AGE_MS }),
    );
    this.#kept.delete(video);
    this.#kept.set(video, kept);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT_LIMIT && oldest !== undefined) this.#kept.delete(oldest);
  }

  async #stored(video: string): Promise<RoomRules> {
    const { document } = await this.#options.reader.read(video);
    const bytes = document.values.get(RULES_KIND)?.bytes;
    return bytes === undefined ? NO_RULES : parseRoomRules(dataOf(bytes));
  }
}
