/**
 * Where the sources put events: a stream, from which all endpoints get them in one order. Each message
 * names how far its source is with it, and is stored only after the one before it on its subject, so
 * what is collected twice, by this instance or by another, is stored once.
 */

import { RevisionConflict } from "../../shared/bus/conflict.ts";
import type { Bus } from "../../shared/bus/connection.ts";
import { storeMessage } from "../../shared/bus/store-message.ts";
import type { StreamReader } from "../../shared/bus/stream-reader.ts";
import {
  decodeStoredEvents,
  encodeStoredEvents,
  type StoredEvents,
} from "../../shared/protocol/hooks/stored-events.ts";
import { hookEventsSubject } from "../../shared/protocol/subjects.ts";

const STORE_TIMEOUT_MS = 2_000;
/** Subjects that are remembered; of others, the newest message is read first. */
const REMEMBERED_LIMIT = 20_000;
/** Others may store on the same subject only while the lease changes hands. */
const RACES_LIMIT = 8;

/** What is known of a subject's newest message. */
interface Newest extends Pick<StoredEvents, "epoch" | "upTo" | "mark"> {
  readonly sequence: number;
}

const NOTHING: Newest = { epoch: "", upTo: 0, mark: "", sequence: 0 };

export type Entry = Omit<StoredEvents, "epoch">;

export class Outbox {
  readonly #bus: Bus;
  readonly #reader: Pick<StreamReader, "last">;
  readonly #newest = new Map<string, Newest>();
  readonly #onStored: () => void;

  /** @param onStored called when something was stored */
  constructor(bus: Bus, reader: Pick<StreamReader, "last">, onStored: () => void) {
    this.#bus = bus;
    this.#reader = reader;
    this.#onStored = onStored;
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
        const payload = encodeStoredEvents({ ...entry, epoch });
        const sequence = await storeMessage(this.#bus, subject, payload, {
          timeoutMs: STORE_TIMEOUT_MS,
          after: known.sequence,
        });
        this.#remember(subject, { ...entry, epoch, sequence });
        this.#onStored();
        return;
      } catch (error) {
        // Another has stored here, or it is not known whether this is stored.
        this.#newest.delete(subject);
        if (!(error instanceof RevisionConflict) || race >= RACES_LIMIT) throw error;
      }
    }
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
