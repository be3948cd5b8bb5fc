/**
 * A durable event or a vote gets its id here, not at the dispatcher, so that its publisher gets the id to
 * repeat it with when its outcome is unknown.
 */
import type { EventInput, EventRules, RequestEvent } from "../../shared/protocol/events.ts";
import type { EventIds } from "../../shared/protocol/names.ts";

interface Parts {
  readonly rules: EventRules;
  readonly ids: EventIds;
}

/** @param by the publisher, who alone may repeat the event */
export function withEventId(
  input: EventInput,
  by: string | undefined,
  { rules, ids }: Parts,
): RequestEvent {
  const { kinds } = rules;
  const needsId = kinds.isDurable(input.kind) || kinds.isVote(input.kind);
  // Nobody can repeat a like without an id: it needs neither.
  if (input.id === undefined && !needsId) return input;
  const id = input.id ?? ids.next();
  return by === undefined ? { ...input, id } : { ...input, id, by };
}
