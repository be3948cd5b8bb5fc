/**
 * Removes repeats while two streams of one video bring the same events, because one replaces the
 * other: events that aren't durable pass once. (Durable ones are recognized by their `seq`.)
 */
import type { OvationEvent } from "../../shared/protocol/event.ts";
import type { VIEWERS_KIND } from "../../shared/protocol/kinds.ts";
import type { EventsMessage } from "../../shared/protocol/wire/server-messages.ts";

/** Not imported: a module that the core uses too would be loaded as a further file. */
const VIEWERS: typeof VIEWERS_KIND = "viewers";

export class Overlap {
  /** The ids of both streams, since just before the second one was opened. */
  readonly #ids = new Set<string>();

  /** The new part of the message; undefined if nothing is new. */
  pass(message: EventsMessage): EventsMessage | undefined {
    const { op, video, counts } = message;
    let isRepeat = false;
    const isNew = ({ id, seq, kind }: OvationEvent) => {
      if (seq !== undefined || kind === VIEWERS) return true;
      const isKnown = this.#ids.has(id);
      isRepeat ||= isKnown;
      this.#ids.add(id);
      return !isKnown;
    };
    const fresh = message.events.filter(isNew);
    if (!isRepeat) return message;
    // Sampled frames that share an event count the same events: only the durable ones are left.
    const events = counts === undefined ? fresh : fresh.filter(({ seq }) => seq !== undefined);
    return events.length > 0 ? { op, video, events } : undefined;
  }
}
