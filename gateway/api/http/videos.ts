/**
 * `GET /v1/videos/{video}` and `GET /v1/videos?ids=`: what there is of one video, or of up to a
 * hundred; without `ids`, moderators get the videos that have viewers. Whoever asks is no viewer. The answer may be cached for a moment, and names its content
 * (https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3), so that a repeat costs next to nothing.
 */
import { hash } from "node:crypto";
import { RANK_LIMIT } from "../../../shared/protocol/commands.ts";
import { OvationError } from "../../../shared/protocol/errors.ts";
import { isVideoId } from "../../../shared/protocol/names.ts";
import { NO_VIDEO } from "../../../shared/protocol/subjects.ts";
import { encodeMsgpack } from "../../../shared/protocol/wire/codec.ts";
import { monotonicNow } from "../../../shared/runtime/lifecycle.ts";
import { withSpan } from "../../../shared/runtime/tracing/tracer.ts";
import { SNAPSHOT_AGE_MS, type VideoSnapshot } from "../../state/snapshots.ts";
import type { HttpExchange } from "../../transport/http-exchange.ts";
import { lookUp } from "../operations/look-up.ts";
import { startHttpSpan } from "../request-span.ts";
import { clientFor, clientOf, type GatewayServices } from "../services.ts";
import { parameter, wholeNumber } from "./query.ts";
import { type HttpHandler, JSON_TYPE, MSGPACK_TYPE, respondWith, speaksMsgpack } from "./router.ts";
import { ROUTE_PATHS } from "./routes.ts";

/** Videos in one request. */
const IDS_LIMIT = 100;
/**
 * What the list costs of the budget for the past: a dispatcher goes through all videos for it, which
 * takes 35 ms where there are 100,000.
 */
const LIST_BYTES = 65_536;
/** Videos in the moderators' list, where the request says nothing. */
const LISTED = 50;
const CACHED = { "Cache-Control": `max-age=${SNAPSHOT_AGE_MS / 1_000}` };
const TAG_CHARACTERS = 22;

export function videoOverHttp(services: GatewayServices): HttpHandler {
  return handler(
    services,
    "video",
    (_exchange, video) => [video],
    ([snapshot]) => snapshot,
  );
}

export function videosOverHttp(services: GatewayServices): HttpHandler {
  const lookUpSome = handler(services, "videos", videosIn, (videos) => ({ videos }));
  const list = moderatorsList(services);
  return async (exchange, ...rest) => {
    const work = exchange.query.has("ids") ? lookUpSome : list;
    await work(exchange, ...rest);
  };
}

/** The videos that have viewers, of those that the caller moderates. */
function moderatorsList(services: GatewayServices): HttpHandler {
  return async (exchange, { video }, attempt) => {
    const at = monotonicNow();
    const grant = await services.auth.ofRequest(exchange);
    attempt.chargeTo(grant);
    const request = { exchange, grant, video, at, route: ROUTE_PATHS.videos };
    const span = startHttpSpan(services.tracer, "ovation.look_up", request);
    const answer = async () => {
      const videos = [...grant.moderatedVideos()];
      const limit = wholeNumber(exchange, "limit", { min: 1, max: RANK_LIMIT }) ?? LISTED;
      const { rates } = services;
      rates.takeHistoryRead(clientFor(services, grant, exchange));
      rates.work.of(grant, clientOf(services, exchange)).past(LIST_BYTES);
      const { commands } = services.publisher;
      const sender = { trace: span?.trace };
      const input = { videos, limit };
      respondWith(exchange, 200, await commands.send("viewers.rank", NO_VIDEO, input, sender));
    };
    await withSpan(span, answer());
  };
}

function handler(
  services: GatewayServices,
  route: "video" | "videos",
  idsOf: (exchange: HttpExchange, video: string) => readonly string[],
  bodyOf: (snapshots: readonly VideoSnapshot[]) => unknown,
): HttpHandler {
  return async (exchange, { video }, attempt) => {
    const at = monotonicNow();
    const grant = await services.auth.ofRequest(exchange);
    attempt.chargeTo(grant);
    const request = { exchange, grant, video, at, route: ROUTE_PATHS[route] };
    const span = startHttpSpan(services.tracer, "ovation.look_up", request);
    const answer = async () => {
      const address = clientOf(services, exchange);
      const found = await lookUp(services, grant, address, idsOf(exchange, video));
      respondWithTag(exchange, bodyOf(found));
    };
    await withSpan(span, answer());
  };
}

/** @throws OvationError field_invalid, video_invalid */
function videosIn(exchange: HttpExchange): readonly string[] {
  const ids = [...new Set((parameter(exchange, "ids") ?? "").split(","))];
  if (ids.length > IDS_LIMIT) {
    const text = `ids: ${ids.length} videos; the limit is ${IDS_LIMIT}`;
    throw new OvationError("field_invalid", text, { field: "ids", limit: IDS_LIMIT });
  }
  if (!ids.every(isVideoId)) throw new OvationError("video_invalid", undefined, { field: "ids" });
  return ids;
}

function respondWithTag(exchange: HttpExchange, content: unknown): void {
  const isMsgpack = speaksMsgpack(exchange);
  const body = isMsgpack ? encodeMsgpack(content) : JSON.stringify(content);
  const tag = `"${hash("sha256", body, "base64url").slice(0, TAG_CHARACTERS)}"`;
  const headers = { ...CACHED, ETag: tag };
  // RFC 9110 section 13.1.2.
  const known = exchange.header("if-none-match").split(",");
  const isKnown = known.some((one) => ["*", tag, `W/${tag}`].includes(one.trim()));
  if (isKnown) return exchange.respondWithoutBody(304, headers);
  exchange.respond(200, { "Content-Type": isMsgpack ? MSGPACK_TYPE : JSON_TYPE, ...headers }, body);
}
