/**
 * The state of one video as its viewers here are to see it. It is read from the store when the video
 * is first held, and followed by the events that dispatchers send. Both name the revision of the
 * document that they are of, so that no older value replaces a newer one, in whichever order they
 * come. It is read again after an outage, and now and then, in case an event was lost.
 */
import { Backoff, jittered } from "../../shared/lib/backoff.ts";
import type { FanoutEvent, StateMark } from "../../shared/protocol/fanout-message.ts";
import { RULES_KIND } from "../../shared/protocol/kinds.ts";
import {
  NO_RULES,
  parseRoomRules,
  type RoomRules,
} from "../../shared/protocol/moderation/room-rules.ts";
import { dataOf, kindOfState } from "../../shared/protocol/state-document.ts";
import { encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import type { StateReader, StoredState } from "./state-reader.ts";

/** The first check is early: dispatchers may have learned of our interest a little late. */
const FIRST_CHECK_MS = 1_000;
const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 5_000;

export interface VideoStateOptions {
  readonly reader: Pick<StateReader, "read" | "onDoubt">;
  /** How often it is read again. */
  readonly checkMs: number;
  readonly random: () => number;
  /** Makes the ids of events that say that a value is gone. */
  readonly newId: () => string;
  readonly wallClock: () => number;
}

interface Value {
  readonly revision: number;
  /** Undefined: it was removed. */
  readonly bytes: Uint8Array | undefined;
}

/** An event of state, with bytes that may be kept. */
export type StateChange = FanoutEvent & { readonly state: StateMark };

export class VideoState {
  readonly #video: string;
  readonly #options: VideoStateOptions;
  readonly #onChange: (change: StateChange) => void;
  readonly #backoff: Backoff;
  readonly #values = new Map<string, Value>();
  /** The revision that was read last; undefined before the first. */
  #readRevision: number | undefined;
  /** The highest revision that is known of the document. */
  #highest = 0;
  #reading: Promise<void> | undefined;
  /** An event seemed to be old while the document was being read. */
  #isInDoubt = false;
  #data: Readonly<Record<string, unknown>> | undefined;
  #rules: RoomRules | undefined;
  #timer: NodeJS.Timeout | undefined;
  #unlisten: (() => void) | undefined;
  #isStopped = false;

  /** @param onChange receives what a read brought that no event had */
  constructor(video: string, options: VideoStateOptions, onChange: (change: StateChange) => void) {
    this.#video = video;
    this.#options = options;
    this.#onChange = onChange;
    this.#backoff = new Backoff(RETRY_MIN_MS, RETRY_MAX_MS, options.random);
  }

  start(): void {
    const { reader, checkMs } = this.#options;
    this.#unlisten = reader.onDoubt(() => this.#syncIn(0));
    this.#syncIn(Math.min(FIRST_CHECK_MS, checkMs));
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#unlisten?.();
  }

  /** Each name's value as it was published; undefined while the state can't be read. */
  get data(): Readonly<Record<string, unknown>> | undefined {
    if (this.#readRevision === undefined) return undefined;
    this.#data ??= Object.fromEntries(
      [...this.#values].flatMap(([name, { bytes }]) =>
        bytes === undefined ? [] : [[name, dataOf(bytes)]],
      ),
    );
    return this.#data;
  }

  /** The rules of the room; undefined while the state can't be read. */
  get rules(): RoomRules | undefined {
    if (this.#readRevision === undefined) return undefined;
    const bytes = this.#values.get(RULES_KIND)?.bytes;
    this.#rules ??= bytes === undefined ? NO_RULES : parseRoomRules(dataOf(bytes));
    return this.#rules;
  }

  /**
   * Reads the document; concurrent calls share one read.
   * @throws Error when it can't be read
   */
  async sync(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  /**
   * Takes an event that a dispatcher sent.
   * @returns the event to show to viewers; undefined when it is no news
   */
  receive(event: StateChange): StateChange | undefined {
    const { name, revision, isRemoval } = event.state;
    const known = this.#values.get(name);
    if (revision <= Math.max(known?.revision ?? 0, this.#readRevision ?? 0)) {
      this.#isInDoubt = true;
      return undefined;
    }
    this.#highest = Math.max(this.#highest, revision);
    // A copy: it is kept, and would keep its whole network buffer with it.
    const bytes = new Uint8Array(event.bytes);
    this.#set(name, { revision, bytes: isRemoval ? undefined : bytes });
    return isRemoval && known?.bytes === undefined ? undefined : { ...event, bytes };
  }

  /** The video was erased: nothing is kept of it. */
  erase(): void {
    this.#adopt({ document: { values: new Map(), marks: [] }, revision: 0 }, this.#highest);
    this.#syncIn(0);
  }

  async #read(): Promise<void> {
    const highest = this.#highest;
    this.#isInDoubt = false;
    const stored = await this.#options.reader.read(this.#video);
    if (this.#isStopped) return;
    this.#adopt(stored, highest);
    // With a store that was created again, what seemed to be old may be new.
    if (this.#isInDoubt) this.#syncIn(RETRY_MIN_MS);
  }

  /** @param before the highest revision that was known when the read began */
  #adopt({ document, revision }: StoredState, before: number): void {
    // The store lost its newest writes, or all: what it has now is the truth.
    const isLost = revision < before;
    const isNewer = (value: Value) =>
      value.revision > revision && (!isLost || value.revision > before);
    const changes: StateChange[] = [];
    for (const [name, { bytes }] of document.values) {
      const known = this.#values.get(name);
      if (known !== undefined && isNewer(known)) continue;
      if (known?.bytes === undefined || Buffer.compare(known.bytes, bytes) !== 0) {
        changes.push(changeOf(name, revision, bytes, false));
      }
      this.#set(name, { revision, bytes });
    }
    for (const [name, known] of this.#values) {
      if (document.values.has(name) || isNewer(known)) continue;
      this.#forget();
      this.#values.delete(name);
      if (known.bytes === undefined) continue;
      changes.push(changeOf(name, revision, this.#removal(name), true));
    }
    this.#readRevision = revision;
    this.#highest = Math.max(
      revision,
      ...[...this.#values.values()].map((value) => value.revision),
    );
    for (const change of changes) this.#onChange(change);
  }

  #set(name: string, value: Value): void {
    this.#forget();
    this.#values.set(name, value);
  }

  /** What was derived from the values. */
  #forget(): void {
    this.#data = undefined;
    this.#rules = undefined;
  }

  #removal(name: string): Uint8Array {
    const { newId, wallClock } = this.#options;
    return encodeMsgpack({ id: newId(), kind: kindOfState(name), at: wallClock() });
  }

  #syncIn(ms: number): void {
    if (this.#isStopped) return;
    const { checkMs, random } = this.#options;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.sync().then(
        () => {
          this.#backoff.reset();
          if (!this.#isInDoubt) this.#syncIn(jittered(checkMs, random));
        },
        () => this.#syncIn(this.#backoff.nextMs()),
      );
    }, ms);
  }
}

function changeOf(
  name: string,
  revision: number,
  bytes: Uint8Array,
  isRemoval: boolean,
): StateChange {
  const kind = kindOfState(name);
  return { kind, deliveryClass: "state", bytes, state: { name, revision, isRemoval } };
}
