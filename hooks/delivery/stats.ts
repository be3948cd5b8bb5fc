/** What was delivered to one endpoint, and how it is. */
import type { WaitingEvent } from "../../shared/protocol/hooks/stored-events.ts";
import type { Outcome } from "./post.ts";

export const OUTCOMES: readonly Outcome["kind"][] = ["delivered", "failed", "gone"];

export class EndpointStats {
  /** Attempts by their outcome. */
  readonly attempts = new Map<string, number>();
  /** Events that were delivered, by type. */
  readonly events = new Map<string, number>();
  /** How long attempts took, together, in milliseconds. */
  attemptMs = 0;
  /** Webhooks that were given up. */
  dead = 0;
  /** Messages that the stream's limits removed before they were delivered. */
  lost = 0;
  /** Attempts in a row that failed, and why the last one did. */
  failures = 0;
  fault = "";
  isGone = false;
  /** The sequence up to which everything is delivered. */
  position = 0;

  attempted(outcome: Outcome["kind"], ms: number): void {
    this.attempts.set(outcome, (this.attempts.get(outcome) ?? 0) + 1);
    this.attemptMs += ms;
  }

  delivered(events: readonly WaitingEvent[]): void {
    for (const { type } of events) this.events.set(type, (this.events.get(type) ?? 0) + 1);
  }
}
