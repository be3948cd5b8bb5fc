/** Reads a page of a video's history. */
import type { HistoryPage, HistoryQuery } from "../history.ts";
import { core } from "./core.ts";
import { authorization, bodyOf, type HttpOptions, refusalOfResponse, videoUrl } from "./http.ts";
import { type HttpHost, send } from "./send.ts";

/** @throws OvationError as {@link send} */
export async function readHistory(
  host: HttpHost,
  video: string,
  query: HistoryQuery,
): Promise<HistoryPage> {
  core.checkOptions(query, {
    before: [1, Number.MAX_SAFE_INTEGER],
    after: SEQ,
    from: undefined,
    to: undefined,
    limit: [1, core.historyLimit],
  });
  const times = { from: momentOf(query.from), to: momentOf(query.to) };
  core.checkOptions(times, { from: SEQ, to: SEQ });
  const parameters = { ...query, ...times };
  return await send(host, video, (http, signal) => request(http, video, parameters, signal));
}

/** The range of a `seq`, and of a time in milliseconds. */
const SEQ = [0, Number.MAX_SAFE_INTEGER] as const;

function momentOf(given: Date | number | undefined): number | undefined {
  return given instanceof Date ? given.getTime() : given;
}

async function request(
  { url, fetch, token }: HttpOptions,
  video: string,
  parameters: Readonly<Record<string, number | undefined>>,
  signal: AbortSignal,
): Promise<HistoryPage> {
  const address = videoUrl(url, video, "history");
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) address.searchParams.set(name, String(value));
  }
  const response = await fetch(address, { headers: authorization(token), signal });
  if (!response.ok) throw core.errorOf(await refusalOfResponse(response), video);
  const body = await bodyOf(response);
  const { events, more, epoch, recovered } = core.isFields(body) ? body : {};
  return {
    events: core.eventsOf(events),
    more: more === true,
    isTruncated: recovered === false,
    epoch: typeof epoch === "string" ? epoch : undefined,
  };
}
