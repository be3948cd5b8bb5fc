/** The rules of a video's room, as they apply to a publisher: moderators are exempt. */
import { NO_RULES, type RoomRules } from "../../../shared/protocol/moderation/room-rules.ts";
import type { Grant } from "../../auth/grant.ts";
import type { GatewayServices } from "../services.ts";

type RulesService = Pick<GatewayServices, "roomRules">;

/** Whether the rules must be read before this publisher's events can be checked. */
export function mustReadRules(
  { roomRules }: RulesService,
  grant: Pick<Grant, "covers" | "moderates">,
  video: string,
): boolean {
  if (roomRules.of(video) !== undefined) return false;
  return grant.covers(video) && !grant.moderates(video);
}

export function rulesFor(
  { roomRules }: RulesService,
  grant: Pick<Grant, "moderates">,
  video: string,
): RoomRules {
  const rules = roomRules.latest(video);
  return rules === NO_RULES || grant.moderates(video) ? NO_RULES : rules;
}
