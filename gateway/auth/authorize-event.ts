/** What is published, as far as its publisher may publish it. */
import type { EventInput } from "../../shared/protocol/events.ts";
import type { Grant } from "./grant.ts";

/**
 * @param field what the event is called in an error, such as `events[3]`; empty for a lone event
 * @returns the event in the name of who may publish it
 * @throws OvationError `forbidden`, naming the field
 */
export function authorizeEvent(input: EventInput, grant: Grant, field: string): EventInput {
  const at = field === "" ? "" : `${field}.`;
  grant.requireKind(input.kind, `${at}kind`);
  const actor = grant.actorOf(input.actor, `${at}actor`);
  return actor === input.actor ? input : { ...input, ...(actor === undefined ? {} : { actor }) };
}
