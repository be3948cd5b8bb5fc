/**
 * Two streams of one video that tell the same for a while, since one replaces the other: what isn't
 * durable is passed on once. (Of durable events each is known by its place.)
 */
import { VIEWERS_KIND } from "../../shared/protocol/kinds.ts";
import type { EventsMessage } from "../../shared/protocol/wire/server-messages.ts";

export class Overlap {
  /** Of what either has told, since just before there were two. */
  readonly #ids = new Set<string>();

  /** What of the message is new; undefined: nothing. */
  pass(message: EventsMessage): EventsMessage | undefined {
    const { counts } = message;
    let isRepeat = false;
    const events = message.events.filter(({ id, seq, kind }) => {
      if (seq !== undefined || kind === VIEWERS_KIND) return true;
      const isKnown = this.#ids.has(id);
      isRepeat ||= isKnown;
      this.#ids.add(id);
      return !isKnown;
    });
    if (!isRepeat) return message;
    if (counts === undefined) return events.length > 0 ? { ...message, events } : undefined;
    // A frame with a sample: one that shares an event with another one counts the same ones.
    const kept = message.events.filter(({ seq }) => seq !== undefined);
    const isKept = ([kind]: [string, number]) => kept.some((event) => event.kind === kind);
    const keptCounts = Object.fromEntries(Object.entries(counts).filter(isKept));
    return { ...message, events: kept, counts: keptCounts };
  }
}
