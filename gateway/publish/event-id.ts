/**
 * A durable event gets its id here, not at the dispatcher, so that its publisher gets the id to
 * repeat it with when its outcome is unknown.
 */
import type { EventInput, EventRules } from "../../shared/protocol/events.ts";
import type { EventIds } from "../../shared/protocol/names.ts";

interface Parts {
  readonly rules: EventRules;
  readonly ids: EventIds;
}

export function withEventId(input: EventInput, { rules, ids }: Parts): EventInput {
  const isDurable = rules.kinds.get(input.kind)?.deliveryClass === "durable";
  return isDurable && input.id === undefined ? { ...input, id: ids.next() } : input;
}
