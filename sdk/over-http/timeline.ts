/** Reads what happened on a video over time, and which kinds of events there are. */
import type { Slot } from "../playhead/heart-slots.ts";
import { core } from "./core.ts";
import { authorization, bodyOf, type HttpOptions, refusalOfResponse, videoUrl } from "./http.ts";
import { pingOverHttp } from "./requests.ts";
import { type HttpHost, send } from "./send.ts";

/** Moments in milliseconds since 1970, and a length: all of them multiples of ten seconds. */
export interface TimelineQuery {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** @throws OvationError as {@link send} */
export async function readTimeline(
  host: HttpHost,
  video: string,
  query: TimelineQuery,
): Promise<readonly Slot[]> {
  return await send(host, video, (http, signal) => request(http, video, query, signal));
}

/** The kinds of class transient. @throws OvationError as {@link send} */
export async function readTransientKinds(
  host: HttpHost,
  video: string,
): Promise<readonly string[]> {
  const answer = await send(host, video, pingOverHttp);
  if (answer.op === "error") throw core.errorOf(answer, video);
  return answer.rules?.transient ?? [];
}

async function request(
  { url, fetch, token }: HttpOptions,
  video: string,
  query: TimelineQuery,
  signal: AbortSignal,
): Promise<readonly Slot[]> {
  const address = videoUrl(url, video, "timeline");
  for (const [name, value] of Object.entries(query)) {
    address.searchParams.set(name, String(value));
  }
  const response = await fetch(address, { headers: authorization(token), signal });
  if (!response.ok) throw core.errorOf(await refusalOfResponse(response), video);
  const body = await bodyOf(response);
  const points = core.isFields(body) ? body["points"] : undefined;
  return Array.isArray(points) ? points.flatMap(slotOf) : [];
}

function slotOf(point: unknown): Slot[] {
  if (!core.isFields(point)) return [];
  const { at, viewers } = point;
  const counts = core.countsOf(point["counts"]) ?? {};
  if (typeof at !== "number") return [];
  return [{ at, counts, viewers: typeof viewers === "number" ? viewers : undefined }];
}
