/** Reading a page of a video's history. */
import type { Grant } from "../../auth/grant.ts";
import type { HistoryPage } from "../../history/histories.ts";
import type { ClientKey } from "../../limits/client-key.ts";
import type { GatewayServices } from "../services.ts";

export interface PageRequest {
  /** Only events before this `seq`; undefined: the newest. */
  readonly before: number | undefined;
  readonly limit: number;
}

type HistoryServices = Pick<GatewayServices, "histories" | "interest" | "rates" | "bans">;

/**
 * @param address where the grant's holder is
 * @throws OvationError forbidden, banned, rate_limited, history_unavailable
 */
export async function readHistory(
  { histories, interest, rates, bans }: HistoryServices,
  grant: Grant,
  address: ClientKey,
  video: string,
  { before, limit }: PageRequest,
): Promise<HistoryPage> {
  grant.requireVideo(video);
  bans.requireWatching(grant.actor, video);
  rates.takeHistoryRead(grant.clientAt(address));
  const budget = rates.work.of(grant, address);
  return await histories.page(video, interest.historyOf(video), before, limit, budget);
}
