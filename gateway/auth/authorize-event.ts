/** Checks that a publisher may publish an event. */
import type { EventInput } from "../../shared/protocol/events.ts";
import type { Grant } from "./grant.ts";

/**
 * @param video where it is published
 * @param field the event's name in an error, such as `events[3]`; empty for a single event
 * @returns the event with the actor that it is published as
 * @throws OvationError `forbidden`, naming the field
 */
export function authorizeEvent(
  input: EventInput,
  grant: Grant,
  video: string,
  field: string,
): EventInput {
  const at = field === "" ? "" : `${field}.`;
  grant.requireKind(input.kind, video, `${at}kind`);
  const actor = grant.actorOf(input.actor, `${at}actor`);
  return actor === input.actor ? input : { ...input, ...(actor === undefined ? {} : { actor }) };
}
