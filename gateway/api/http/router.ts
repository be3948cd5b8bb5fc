/** Which HTTP request is answered by whom; everything else gets a named error. */
import { asOvationError, OvationError } from "../../../shared/protocol/errors.ts";
import { isVideoId } from "../../../shared/protocol/names.ts";
import { encodeMsgpack } from "../../../shared/protocol/wire/codec.ts";
import { CONNECT_PATH } from "../../../shared/protocol/wire/messages.ts";
import type { HttpExchange } from "../../transport/http-exchange.ts";
import { clientOf, type GatewayServices, recordFailure, recordRejection } from "../services.ts";
import type { PageFiles } from "./page-files.ts";
import { type RouteName, routeAt } from "./routes.ts";

/**
 * Answers one kind of request; throws an OvationError to refuse it.
 * @param eventId where the path names one, as it stands there
 */
export type HttpHandler = (exchange: HttpExchange, video: string, eventId: string) => Promise<void>;

type RouterServices = Pick<GatewayServices, "connections" | "log" | "admission" | "natsOutage">;

type Handlers = Readonly<Record<string, HttpHandler>>;

/** What can be done at each path of the API, by method. */
export type Routes = Readonly<Record<RouteName, Handlers>>;

export const JSON_TYPE = "application/json";
export const MSGPACK_TYPE = "application/msgpack";

const API_PREFIX = "/v1/";
/** An answer is of its moment, and often for one viewer alone: no cache may keep it. */
const NOT_KEPT = { "Cache-Control": "no-store" };
const API_HEADERS = { ...NOT_KEPT, "X-Content-Type-Options": "nosniff", Vary: "Origin" };

/** A browser asks whether a page may send a request (https://fetch.spec.whatwg.org/#cors-preflight-request). */
function isAsking(exchange: HttpExchange): boolean {
  return (
    exchange.header("origin") !== "" && exchange.header("access-control-request-method") !== ""
  );
}

export class Router {
  readonly #services: RouterServices;
  readonly #routes: Routes;
  readonly #page: Pick<PageFiles, "has" | "serve">;
  readonly #pageHandlers: Handlers;
  readonly #underWay = new Set<Promise<void>>();
  #isDraining = false;
  #isSettling = false;

  /** @param page served at the paths that it has, where the API has none */
  constructor(services: RouterServices, routes: Routes, page: Pick<PageFiles, "has" | "serve">) {
    this.#services = services;
    this.#routes = routes;
    this.#page = page;
    const serve = async (exchange: HttpExchange) => page.serve(exchange);
    this.#pageHandlers = { GET: serve };
  }

  /** Answers one request, whatever happens. */
  route(exchange: HttpExchange): void {
    this.#services.connections.requests += 1;
    exchange.isLast = this.#isDraining;
    const handling = this.#handle(exchange)
      .catch((error: unknown) => this.refuse(exchange, error))
      .catch((fault: unknown) => {
        recordFailure(this.#services, fault);
        exchange.abandon();
      })
      .finally(() => this.#underWay.delete(handling));
    this.#underWay.add(handling);
    // A body that never comes to its end leaves its handler waiting.
    exchange.onClose(() => this.#underWay.delete(handling));
  }

  /** From now on, each connection ends with its next answer, and its client goes elsewhere. */
  drain(): void {
    this.#isDraining = true;
  }

  /** Takes no further request, and resolves when those under way are answered. */
  async settled(): Promise<void> {
    this.#isSettling = true;
    await Promise.all(this.#underWay);
  }

  /** Answers with an error of the table. */
  refuse(exchange: HttpExchange, fault: unknown): void {
    const error = asOvationError(fault);
    recordRejection(this.#services, error, fault, exchange.header("traceparent"));
    const allowed = methodsOf(this.#find(exchange.path)?.handlers ?? {});
    respondWithError(exchange, error, {}, allowed);
  }

  async #handle(exchange: HttpExchange): Promise<void> {
    const { admission, natsOutage } = this.#services;
    const { origins, overload } = admission;
    const isApi = exchange.path.startsWith(API_PREFIX);
    if (isApi) {
      const origin = exchange.header("origin");
      // At the WebSocket's path there is nothing but errors. Any page may read them, since a browser
      // hides what a WebSocket was refused for: the page asks here again.
      const isReadable = exchange.path === CONNECT_PATH && exchange.method === "GET";
      exchange.commonHeaders = isReadable
        ? { ...API_HEADERS, ...origins.answerHeaders(origin) }
        : API_HEADERS;
      origins.check({ origin, host: exchange.header("host") });
      exchange.commonHeaders = { ...API_HEADERS, ...origins.answerHeaders(origin) };
    }
    if (this.#isSettling) throw new OvationError("draining");
    if (exchange.hosts > 1) throw new OvationError("host_repeated");
    if (!exchange.isFramed) throw new OvationError("transfer_encoding_unsupported");
    // A request for a WebSocket that has lost its headers on the way, or asks why it was refused.
    if (exchange.path === CONNECT_PATH) {
      natsOutage.admit();
      admission.checkSocket(clientOf(this.#services, exchange));
      throw new OvationError("handshake_invalid");
    }
    // The page's own links are relative.
    if (exchange.isBase && this.#page.has("/")) return redirectToSlash(exchange);
    const found = this.#find(exchange.path);
    if (found === undefined) throw new OvationError("not_found");
    const { video, eventId, handlers } = found;
    if (isApi && exchange.method === "OPTIONS" && isAsking(exchange)) {
      const asked = exchange.header("access-control-request-headers");
      const headers = origins.preflightHeaders(methodsOf(handlers), asked);
      return exchange.respondWithoutBody(204, headers);
    }
    // The exchange leaves the body out (RFC 9110 section 9.3.2).
    const handler = handlers[exchange.method === "HEAD" ? "GET" : exchange.method];
    if (handler === undefined) throw new OvationError("method_not_allowed");
    if (video !== undefined && !isVideoId(video)) {
      throw new OvationError("video_invalid", undefined, { field: "video" });
    }
    // A viewer that is connected over HTTP is seen by its pings; an EventSource is told in its stream.
    const isStream = handlers === this.#routes.events && handler === handlers["GET"];
    // Durable events come last to be refused, and which they are the handler knows.
    if (["POST", "DELETE"].includes(exchange.method) && video !== undefined) {
      overload.admitPublishing();
    } else if (handlers !== this.#routes.ping && !isStream) overload.admitRequest();
    const handling = handler(exchange, video ?? "", eventId);
    if (!isStream) exchange.hold();
    await handling;
  }

  #find(path: string): Found | undefined {
    const route = routeAt(path);
    if (route !== undefined) return { ...route, handlers: this.#routes[route.name] };
    if (!this.#page.has(path)) return undefined;
    return { handlers: this.#pageHandlers, video: undefined, eventId: "" };
  }
}

function redirectToSlash(exchange: HttpExchange): void {
  const query = exchange.query.size === 0 ? "" : `?${exchange.query}`;
  const last = exchange.basePath.slice(exchange.basePath.lastIndexOf("/") + 1);
  exchange.respondWithoutBody(308, { ...NOT_KEPT, Location: `${last}/${query}` });
}

/** HEAD is answered wherever GET is. */
function methodsOf(handlers: Handlers): readonly string[] {
  return Object.keys(handlers).flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
}

/** What a path is about, and what can be done there. */
interface Found {
  readonly handlers: Handlers;
  /** Undefined: the path is not about a video. */
  readonly video: string | undefined;
  readonly eventId: string;
}

/** Whether the request's body is msgpack, so that the answer is too. */
export function speaksMsgpack(exchange: HttpExchange): boolean {
  const type = exchange.header("content-type").split(";")[0]?.trim().toLowerCase();
  return type === MSGPACK_TYPE || type === "application/x-msgpack";
}

/** Answers in the encoding of the request. */
export function respondWith(
  exchange: HttpExchange,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const isMsgpack = speaksMsgpack(exchange);
  exchange.respond(
    status,
    { "Content-Type": isMsgpack ? MSGPACK_TYPE : JSON_TYPE, ...headers },
    isMsgpack ? encodeMsgpack(body) : JSON.stringify(body),
  );
}

/**
 * Answers with an error, beside which `more` may say what was done all the same.
 * @param allowed the methods that the path knows
 */
export function respondWithError(
  exchange: HttpExchange,
  error: OvationError,
  more: object,
  allowed: readonly string[] = [],
): void {
  const headers: Record<string, string> = { ...NOT_KEPT };
  if (error.code === "version_unsupported") headers["Sec-WebSocket-Version"] = "13";
  if (error.code === "method_not_allowed") headers["Allow"] = allowed.join(", ");
  // RFC 9110 section 15.5.16.
  if (error.code === "content_encoding_unsupported") headers["Accept-Encoding"] = "identity";
  // RFC 6750 section 3.
  if (error.kind.status === 401) headers["WWW-Authenticate"] = "Bearer";
  const waitMs = error.retryAfterMs ?? (error.kind.status === 503 ? 1_000 : undefined);
  if (waitMs !== undefined) headers["Retry-After"] = String(Math.ceil(waitMs / 1_000));
  respondWith(exchange, error.kind.status, { error: error.body(), ...more }, headers);
}
