/**
 * Where the sources put events: a stream, from which all endpoints get them in one order. Each message
 * names how far its source is with it, and is stored only after the one before it on its subject, so
 * what is collected twice, by this instance or by another, is stored once.
 */

import { RevisionConflict } from "../../shared/bus/conflict.ts";
import type { Bus } from "../../shared/bus/connection.ts";
import { storableBytes, storeMessage } from "../../shared/bus/store-message.ts";
import type { StreamReader } from "../../shared/bus/stream-reader.ts";
import {
  decodeStoredEvents,
  encodeStoredEvents,
  type StoredEvents,
} from "../../shared/protocol/hooks/stored-events.ts";
import { withoutData } from "../../shared/protocol/hooks/without-data.ts";
import { hookEventsSubject } from "../../shared/protocol/subjects.ts";
import type { Log } from "../../shared/runtime/log.ts";

const STORE_TIMEOUT_MS = 2_000;
/** What is stored at once, where NATS takes that much, so that one message is no great part of a webhook. */
const PART_LIMIT_BYTES = 262_144;
/** What an entry may take besides its events. */
const ENTRY_OVERHEAD_BYTES = 256;
/** Subjects that are remembered; of others, the newest message is read first. */
const REMEMBERED_LIMIT = 20_000;
/** Others may store on the same subject only while the lease changes hands. */
const RACES_LIMIT = 8;

/** What is known of a subject's newest message. */
interface Newest extends Pick<StoredEvents, "epoch" | "upTo" | "mark"> {
  readonly sequence: number;
}

const CUT_MESSAGE = "events are told without their data: NATS takes no message so large";
const NOTHING: Newest = { epoch: "", upTo: 0, mark: "", sequence: 0 };

export type Entry = Omit<StoredEvents, "epoch">;

/** An entry as it can be stored. */
interface Encoded {
  readonly payload: Buffer;
  /** Ids of events that are told without their data, since NATS takes no message so large. */
  readonly cut: readonly string[];
}

export class Outbox {
  /** Events that were stored without their data, since NATS takes no message so large. */
  cut = 0;
  readonly #bus: Bus;
  readonly #reader: Pick<StreamReader, "last">;
  readonly #newest = new Map<string, Newest>();
  readonly #onStored: () => void;
  readonly #log: Log;

  /** @param onStored called when something was stored */
  constructor(bus: Bus, reader: Pick<StreamReader, "last">, onStored: () => void, log: Log) {
    this.#bus = bus;
    this.#reader = reader;
    this.#onStored = onStored;
    this.#log = log;
  }

  /** Bytes of the events that an entry should have at most; one that is larger has an entry of its own. */
  get partBytes(): number {
    return Math.min(PART_LIMIT_BYTES, storableBytes(this.#bus) - ENTRY_OVERHEAD_BYTES);
  }

  /** Forgets what it knows: another instance may have stored meanwhile. */
  clear(): void {
    this.#newest.clear();
  }

  /**
   * Stores what a source has of a video.
   * @param target a video, or NO_VIDEO
   * @param make from what was stored last, what is to be stored now; undefined: nothing. It gets
   * `upTo` 0 where that was of another epoch.
   * @throws Error when it could not be stored; it may be stored all the same
   */
  async put(
    source: string,
    target: string,
    epoch: string,
    make: (before: Pick<StoredEvents, "upTo" | "mark">) => Entry | undefined,
  ): Promise<void> {
    const subject = hookEventsSubject(source, target);
    for (let race = 0; ; race += 1) {
      const known = this.#newest.get(subject) ?? (await this.#read(subject));
      const entry = make(known.epoch === epoch ? known : NOTHING);
      if (entry === undefined) return;
      try {
        const { payload, cut } = this.#encoded({ ...entry, epoch });
        const sequence = await storeMessage(this.#bus, subject, payload, {
          timeoutMs: STORE_TIMEOUT_MS,
          after: known.sequence,
        });
        this.#remember(subject, { ...entry, epoch, sequence });
        if (cut.length > 0) this.#log.error({ subject, events: cut }, CUT_MESSAGE);
        this.cut += cut.length;
        this.#onStored();
        return;
      } catch (error) {
        // Another has stored here, or it is not known whether this is stored.
        this.#newest.delete(subject);
        if (!(error instanceof RevisionConflict) || race >= RACES_LIMIT) throw error;
      }
    }
  }

  #encoded(entry: StoredEvents): Encoded {
    const limit = storableBytes(this.#bus);
    const whole = encodeStoredEvents(entry, limit);
    if (whole.length <= limit) return { payload: whole, cut: [] };
    const payload = encodeStoredEvents({ ...entry, events: entry.events.map(withoutData) }, limit);
    return { payload, cut: entry.events.map(({ json }) => String(JSON.parse(json).id)) };
  }

  #remember(subject: string, { epoch, upTo, mark, sequence }: Newest): void {
    if (this.#newest.size >= REMEMBERED_LIMIT) this.#newest.clear();
    this.#newest.set(subject, { epoch, upTo, mark, sequence });
  }

  async #read(subject: string): Promise<Newest> {
    const message = await this.#reader.last(subject);
    if (message === undefined) return NOTHING;
    const { epoch = "", upTo = 0, mark = "" } = decodeStoredEvents(message.payload) ?? {};
    return { epoch, upTo, mark, sequence: message.sequence };
  }
}
