/**
 * Two streams of one video that tell the same for a while, since one replaces the other: what isn't
 * durable is passed on once. (Of durable events each is known by its place.)
 */
import type { OvationEvent } from "../../shared/protocol/event.ts";
import { VIEWERS_KIND } from "../../shared/protocol/kinds.ts";
import type { EventsMessage } from "../../shared/protocol/wire/server-messages.ts";

export class Overlap {
  /** Of what either has told, since just before there were two. */
  readonly #ids = new Set<string>();

  /** What of the message is new; undefined: nothing. */
  pass(message: EventsMessage): EventsMessage | undefined {
    const { op, video, counts } = message;
    let isRepeat = false;
    const isNew = ({ id, seq, kind }: OvationEvent) => {
      if (seq !== undefined || kind === VIEWERS_KIND) return true;
      const isKnown = this.#ids.has(id);
      isRepeat ||= isKnown;
      this.#ids.add(id);
      return !isKnown;
    };
    const fresh = message.events.filter(isNew);
    if (!isRepeat) return message;
    // Frames with a sample that share an event count the same ones: what is left is what is durable.
    const events = counts === undefined ? fresh : fresh.filter(({ seq }) => seq !== undefined);
    return events.length > 0 ? { op, video, events } : undefined;
  }
}
