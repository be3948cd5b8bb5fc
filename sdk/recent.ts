/** The newest durable events of a video, for listeners that are added after they were delivered. */
import type { OvationEvent } from "../shared/protocol/event.ts";
import { RETRACTED_KIND } from "../shared/protocol/kinds.ts";

/** The `seq` of the event that a retraction deletes. */
function retractedSeq({ kind, data }: OvationEvent): number | undefined {
  const { seq } = Object(kind === RETRACTED_KIND ? data : null) as { readonly seq?: unknown };
  return typeof seq === "number" ? seq : undefined;
}

/** How many retractions are remembered, for older events that are read later. */
const RETRACTIONS_LIMIT = 1_000;

export class Recent {
  #events: OvationEvent[] = [];
  readonly #retracted = new Set<number>();

  get all(): readonly OvationEvent[] {
    return this.#events;
  }

  /** Adds events, in order and each once, and keeps the newest `limit`. */
  add(events: readonly OvationEvent[], limit: number): void {
    for (const event of events) {
      const retracted = retractedSeq(event);
      if (retracted !== undefined) this.#retract(retracted);
      else if (event.seq !== undefined) this.#insert(event, event.seq);
    }
    this.#events = this.#events.slice(Math.max(0, this.#events.length - limit));
  }

  newest(limit: number): readonly OvationEvent[] {
    return limit > 0 ? this.#events.slice(-limit) : [];
  }

  clear(): void {
    this.#events = [];
    this.#retracted.clear();
  }

  #insert(event: OvationEvent, seq: number): void {
    if (this.#retracted.has(seq)) return;
    let at = this.#events.length;
    while (at > 0 && (this.#events[at - 1]?.seq ?? 0) > seq) at -= 1;
    if (this.#events[at - 1]?.seq !== seq) this.#events.splice(at, 0, event);
  }

  #retract(seq: number): void {
    this.#retracted.add(seq);
    const [oldest] = this.#retracted;
    if (this.#retracted.size > RETRACTIONS_LIMIT) this.#retracted.delete(oldest as number);
    this.#events = this.#events.filter((event) => event.seq !== seq);
  }
}
