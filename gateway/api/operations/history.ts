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
 * @param client whose rate is charged: the actor, or else the address
 * @throws OvationError forbidden, rate_limited, history_unavailable
 */
export async function readHistory(
  { histories, interest, rates }: Pick<GatewayServices, "histories" | "interest" | "rates">,
  grant: Grant,
  client: ClientKey,
  video: string,
  { before, limit }: PageRequest,
): Promise<HistoryPage> {
  grant.requireVideo(video);
  rates.takeHistoryRead(client);
  return await histories.page(video, interest.historyOf(video), before, limit);
}
