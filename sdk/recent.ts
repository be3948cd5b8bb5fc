/** The newest durable events of a video, for a listener that comes when they have been given. */
import type { OvationEvent } from "../shared/protocol/event.ts";
import { RETRACTED_KIND } from "../shared/protocol/kinds.ts";

/** The place of the event that a retraction takes back. */
export function retractedSeq({ kind, data }: OvationEvent): number | undefined {
  if (kind !== RETRACTED_KIND || typeof data !== "object" || data === null) return undefined;
  return "seq" in data && typeof data.seq === "number" ? data.seq : undefined;
}

export class Recent {
  #events: OvationEvent[] = [];

  /** Keeps no more than `limit` of the events, oldest first. */
  add(events: readonly OvationEvent[], limit: number): void {
    for (const event of events) {
      if (event.kind === RETRACTED_KIND) {
        const seq = retractedSeq(event);
        this.#events = this.#events.filter((one) => one.seq !== seq);
      } else if (event.seq !== undefined) this.#events.push(event);
    }
    this.#events = this.#events.slice(Math.max(0, this.#events.length - limit));
  }

  newest(limit: number): readonly OvationEvent[] {
    return limit > 0 ? this.#events.slice(-limit) : [];
  }

  clear(): void {
    this.#events = [];
  }
}
