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

/**
 * @param address where the grant's holder is
 * @throws OvationError forbidden, rate_limited, history_unavailable
 */
export async function readHistory(
  { histories, interest, rates }: Pick<GatewayServices, "histories" | "interest" | "rates">,
  grant: Grant,
  address: ClientKey,
  video: string,
  { before, limit }: PageRequest,
): Promise<HistoryPage> {
  grant.requireVideo(video);
  rates.takeHistoryRead(grant.clientAt(address));
  const budget = rates.work.of(grant, address);
  return await histories.page(video, interest.historyOf(video), before, limit, budget);
}
