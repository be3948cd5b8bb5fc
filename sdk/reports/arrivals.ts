/** What arrives over a connection: which events are live, which came once more, and what was missed. */
import type { OvationEvent } from "../../shared/protocol/event.ts";
import type { EventsMessage } from "../../shared/protocol/wire/server-messages.ts";

/** A watched video, as far as this needs it. It is another one each time the video is watched anew. */
export interface ObservedChannel {
  /** Times that durable events were missed since the link began. */
  readonly missed: number;
  /** The `seq` of the newest durable event that the client took. */
  readonly position: number | undefined;
  isTransient(kind: string): boolean;
}

type DeliveryClass = "transient" | "durable";

export interface Arrival {
  readonly deliveryClass: DeliveryClass;
  /** When a dispatcher accepted it. */
  readonly at: number;
}

/** What is known of a video since it was watched, or since something was missed. */
interface Watched {
  /** The server's time of the first message: what was accepted before is no live event. */
  readonly since: number;
  readonly missed: number;
  seq: number;
}

/** Ids of transient events that are remembered. */
const IDS_LIMIT = 1_000;

export class Arrivals {
  readonly #channels: ReadonlyMap<string, ObservedChannel>;
  readonly #watched = new WeakMap<ObservedChannel, Watched>();
  readonly #ids = new Set<string>();
  /** The server's times when the connection before was lost, and when this one was ready. */
  readonly #away: readonly [number, number];
  #missed = 0;
  #repeated = 0;
  #recovered = 0;

  constructor(
    channels: ReadonlyMap<string, ObservedChannel>,
    away: readonly [number, number] = [Infinity, -Infinity],
  ) {
    this.#channels = channels;
    this.#away = away;
  }

  /**
   * Takes a message.
   * @param now the server's time
   * @returns its live events
   */
  take({ video, events }: EventsMessage, now: number): readonly Arrival[] {
    const channel = this.#channels.get(video);
    if (channel === undefined) return [];
    const watched = this.#of(channel, now);
    return events.flatMap((event) => this.#judge(event, channel, watched));
  }

  /** The numbers since the last call. */
  counts(now: number) {
    for (const channel of this.#channels.values()) this.#of(channel, now);
    const counts = {
      missed: this.#missed,
      repeated: this.#repeated,
      recovered: this.#recovered,
    };
    this.#missed = this.#repeated = this.#recovered = 0;
    return counts;
  }

  #of(channel: ObservedChannel, now: number): Watched {
    const known = this.#watched.get(channel);
    const { missed } = channel;
    if (known?.missed === missed) return known;
    this.#missed += missed - (known?.missed ?? 0);
    // What follows may be history that was shown before.
    const watched = { since: now, missed, seq: 0 };
    this.#watched.set(channel, watched);
    return watched;
  }

  #judge(event: OvationEvent, channel: ObservedChannel, watched: Watched): readonly Arrival[] {
    const { id, seq, kind, at } = event;
    const isTransient = channel.isTransient(kind);
    // Of the others only the newest matters: they are sent again with every subscription.
    if (seq === undefined && !isTransient) return [];
    // The client drops what comes after a gap, and asks for it again.
    if (seq !== undefined && seq > (channel.position ?? 0)) return [];
    if (seq === undefined ? this.#isKnown(id) : seq <= watched.seq) {
      this.#repeated += 1;
      return [];
    }
    watched.seq = seq ?? watched.seq;
    if (at >= watched.since) return [{ deliveryClass: isTransient ? "transient" : "durable", at }];
    const [from, to] = this.#away;
    if (seq !== undefined && at >= from && at < to) this.#recovered += 1;
    return [];
  }

  #isKnown(id: string): boolean {
    if (this.#ids.has(id)) return true;
    this.#ids.add(id);
    const [oldest] = this.#ids;
    if (this.#ids.size > IDS_LIMIT) this.#ids.delete(oldest as string);
    return false;
  }
}
