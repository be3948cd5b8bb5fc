/** Reading a page of a video's history. */
import { seqAt } from "../../../shared/protocol/history/record.ts";
import type { Grant } from "../../auth/grant.ts";
import type { HistoryPage } from "../../history/histories.ts";
import type { ClientKey } from "../../limits/client-key.ts";
import type { GatewayServices } from "../services.ts";

export interface PageRequest {
  /** Only events before this `seq`. */
  readonly before: number | undefined;
  /** Only events after this `seq`. */
  readonly after: number | undefined;
  /** Only events that were stored then or later, in milliseconds since 1970. */
  readonly from: number | undefined;
  /** Only events that were stored before then. */
  readonly to: number | undefined;
  readonly limit: number;
}

type HistoryServices = Pick<GatewayServices, "histories" | "interest" | "rates" | "bans">;

/**
 * Pages forwards if `after` or `from` is given, from there on, and backwards otherwise.
 * @param address where the grant's holder is
 * @throws OvationError forbidden, banned, rate_limited, history_unavailable
 */
export async function readHistory(
  { histories, interest, rates, bans }: HistoryServices,
  grant: Grant,
  address: ClientKey,
  video: string,
  { limit, ...request }: PageRequest,
): Promise<HistoryPage> {
  grant.requireVideo(video);
  bans.requireWatching(grant.actor, video);
  rates.takeHistoryRead(grant.clientAt(address));
  const budget = rates.work.of(grant, address);
  return await histories.page(
    video,
    interest.historyOf(video),
    { ...boundsOf(request), limit },
    budget,
  );
}

function boundsOf({ before, after, from, to }: Omit<PageRequest, "limit">) {
  const lower = from === undefined ? after : Math.max(seqAt(from) - 1, after ?? 0, 0);
  const upper = Math.min(before ?? Number.POSITIVE_INFINITY, seqAt(to ?? Number.POSITIVE_INFINITY));
  return { after: lower, before: upper };
}
