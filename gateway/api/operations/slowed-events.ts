/** Which events slow mode applies to, and a list of them. */
import type { EventInput } from "../../../shared/protocol/events.ts";
import type { KindTable } from "../../../shared/protocol/kinds.ts";
import type { RoomRules } from "../../../shared/protocol/moderation/room-rules.ts";
import { actorKey, type ClientKey } from "../../limits/client-key.ts";
import type { SlowedEvent, SlowMode } from "../../limits/slow-mode.ts";

/**
 * The event, if slow mode applies to it: a durable one of an actor, or of an address where there is
 * no actor.
 * @param limitedAs undefined for a trusted publisher, whose events without an actor are free
 */
export function slowedEvent(
  { slowModeMs: everyMs }: RoomRules,
  kinds: Pick<KindTable, "isDurable">,
  video: string,
  { kind, actor }: EventInput,
  limitedAs: ClientKey | undefined,
): SlowedEvent | undefined {
  if (everyMs === undefined || !kinds.isDurable(kind)) return undefined;
  const client = actor === undefined ? limitedAs : actorKey(actor);
  return client === undefined ? undefined : { video, client, everyMs };
}

/** The events of a list that slow mode applies to. */
interface SlowedEvents {
  /** Charges them. */
  take(): void;
  /** Those in these places were refused after all. */
  giveBack(isRefused: (place: number) => boolean): void;
}

/**
 * Checks a list.
 * @param events in their places; undefined for one that slow mode does not apply to
 * @throws OvationError rate_limited
 */
export function slowedEvents(
  slowMode: Pick<SlowMode, "check" | "refusal" | "take" | "giveBack">,
  events: readonly (SlowedEvent | undefined)[],
): SlowedEvents {
  const clients = new Set<ClientKey>();
  for (const event of events) {
    if (event === undefined) continue;
    slowMode.check(event);
    if (clients.has(event.client)) throw slowMode.refusal(event.everyMs, event.everyMs);
    clients.add(event.client);
  }
  return {
    take() {
      for (const event of events) if (event !== undefined) slowMode.take(event);
    },
    giveBack(isRefused) {
      for (const [place, event] of events.entries()) {
        if (event !== undefined && isRefused(place)) slowMode.giveBack(event);
      }
    },
  };
}
