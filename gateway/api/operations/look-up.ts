/** Looking videos up, without watching them. */
import type { Grant } from "../../auth/grant.ts";
import type { ClientKey } from "../../limits/client-key.ts";
import type { VideoSnapshot } from "../../state/snapshots.ts";
import type { GatewayServices } from "../services.ts";

/** What a video that must be read costs of the budget for the past, whatever is kept of it. */
const READ_BYTES = 4_096;

/**
 * @param address where the grant's holder is
 * @param videos at least one
 * @throws OvationError forbidden, banned, rate_limited, unavailable
 */
export async function lookUp(
  { snapshots, rates, bans }: Pick<GatewayServices, "snapshots" | "rates" | "bans">,
  grant: Grant,
  address: ClientKey,
  videos: readonly string[],
): Promise<readonly VideoSnapshot[]> {
  for (const video of videos) {
    grant.requireVideo(video);
    bans.requireWatching(grant.actor, video);
  }
  rates.takeHistoryRead(grant.clientAt(address));
  rates.work.of(grant, address).past(READ_BYTES * snapshots.missing(videos));
  return await snapshots.of(videos);
}
