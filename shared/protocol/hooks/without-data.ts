/** Events that are too large for a message of NATS. */
import type { HookEvent } from "./events.ts";
import { type WaitingEvent, waitingEvent } from "./stored-events.ts";

/**
 * The event without what was published with it: of a comment its `data`, of the state the data of each
 * name. Other events have nothing that could be large, and stay as they are.
 */
export function withoutData(event: WaitingEvent): WaitingEvent {
  // What waits was made of an event by this program.
  const whole = JSON.parse(event.json) as HookEvent;
  if (whole.type === "comment.stored") {
    const { data: _, ...data } = whole.data;
    return waitingEvent({ ...whole, data });
  }
  if (whole.type === "state.changed") {
    const named = Object.entries(whole.data.state).map(([name, { at }]) => [name, { at }] as const);
    return waitingEvent({ ...whole, data: { ...whole.data, state: Object.fromEntries(named) } });
  }
  return event;
}
