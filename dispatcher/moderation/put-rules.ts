/** Replaces the rules of a video's room, which everyone there gets as state. */
import { OvationError } from "../../shared/protocol/errors.ts";
import type { LiveRules } from "../../shared/protocol/events.ts";
import { RULES_KIND } from "../../shared/protocol/kinds.ts";
import { effectiveRules, type RoomRules } from "../../shared/protocol/moderation/room-rules.ts";
import { kindRefusal } from "../../shared/protocol/publishable.ts";
import type { VideoStates } from "../state/video-states.ts";

/**
 * @returns those that restrict something
 * @throws OvationError kind_unknown, kind_reserved; state_unavailable, and as VideoStates.put
 */
export async function putRules(
  states: Pick<VideoStates, "put">,
  deployment: Pick<LiveRules, "kinds" | "learnKinds">,
  video: string,
  given: RoomRules,
): Promise<RoomRules> {
  await requireKinds(deployment, given.closed ?? []);
  const rules = effectiveRules(given);
  await states.put(video, RULES_KIND, Object.keys(rules).length === 0 ? null : rules);
  return rules;
}

/** @throws OvationError kind_unknown, kind_reserved, naming the field */
async function requireKinds(
  deployment: Pick<LiveRules, "kinds" | "learnKinds">,
  closed: readonly string[],
): Promise<void> {
  // One of them may have been added a moment ago.
  if (closed.some((kind) => deployment.kinds.get(kind) === undefined)) {
    await deployment.learnKinds();
  }
  for (const [index, kind] of closed.entries()) {
    const refusal = kindRefusal(kind, deployment.kinds.publishable);
    if (refusal === undefined) continue;
    const field = `closed[${index}]`;
    throw new OvationError(refusal.code, refusal.message.replace("kind", field), { field });
  }
}
