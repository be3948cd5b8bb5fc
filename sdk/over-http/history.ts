/** Reads a page of a video's history. */
import type { HistoryPage, HistoryQuery } from "../video.ts";
import { core } from "./core.ts";
import { authorization, bodyOf, type HttpOptions, refusalOfResponse, videoUrl } from "./http.ts";
import { type HttpHost, send } from "./send.ts";

/** @throws OvationError as {@link send} */
export async function readHistory(
  host: HttpHost,
  video: string,
  query: HistoryQuery,
): Promise<HistoryPage> {
  core.checkOptions(query, { before: [1, Number.MAX_SAFE_INTEGER], limit: [1, core.historyLimit] });
  return await send(host, video, (http, signal) => request(http, video, query, signal));
}

async function request(
  { url, fetch, token }: HttpOptions,
  video: string,
  { before, limit }: HistoryQuery,
  signal: AbortSignal,
): Promise<HistoryPage> {
  const address = videoUrl(url, video, "history");
  for (const [name, value] of Object.entries({ before, limit })) {
    if (value !== undefined) address.searchParams.set(name, String(value));
  }
  const response = await fetch(address, { headers: authorization(token), signal });
  if (!response.ok) throw core.errorOf(await refusalOfResponse(response), video);
  const body = await bodyOf(response);
  const { events, more, epoch } = core.isFields(body) ? body : {};
  return {
    events: core.eventsOf(events),
    more: more === true,
    epoch: typeof epoch === "string" ? epoch : undefined,
  };
}
