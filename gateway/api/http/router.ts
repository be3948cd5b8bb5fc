/** Routes HTTP requests to their handlers; everything else gets a named error. */
import { asOvationError, OvationError } from "../../../shared/protocol/errors.ts";
import { isVideoId } from "../../../shared/protocol/names.ts";
import { encodeMsgpack } from "../../../shared/protocol/wire/codec.ts";
import { CONNECT_PATH } from "../../../shared/protocol/wire/messages.ts";
import type { RequestWire } from "../../limits/connection-stats.ts";
import type { Attempt } from "../../limits/work.ts";
import type { HttpExchange } from "../../transport/http-exchange.ts";
import { clientOf, type GatewayServices, recordFailure, recordRejection } from "../services.ts";
import { lateIfLimited } from "./late.ts";
import type { PageFiles } from "./page-files.ts";
import { NO_NAMES, namesVideo, type PathNames, type RouteName, routeAt } from "./routes.ts";

/**
 * Answers one kind of request; throws an OvationError to refuse it.
 * @param path what the request's path names
 * @param attempt what it is charged to: the handler calls `chargeTo` once it knows the client
 */
export type HttpHandler = (
  exchange: HttpExchange,
  path: PathNames,
  attempt: Attempt,
) => Promise<void>;

type RouterServices = Pick<
  GatewayServices,
  "connections" | "log" | "admission" | "natsOutage" | "rates"
>;

type Handlers = Readonly<Record<string, HttpHandler>>;

/** The handlers of each path of the API, by method. */
export type Routes = Readonly<Record<RouteName, Handlers>>;

export const JSON_TYPE = "application/json";
export const MSGPACK_TYPE = "application/msgpack";

const API_PREFIX = "/v1/";
/** A response is current only now, and often meant for one viewer: no cache may store it. */
const NOT_CACHED = { "Cache-Control": "no-store" };
const API_HEADERS = { ...NOT_CACHED, "X-Content-Type-Options": "nosniff", Vary: "Origin" };

/** A browser asks whether a page may send a request (https://fetch.spec.whatwg.org/#cors-preflight-request). */
function isPreflight(exchange: HttpExchange): boolean {
  return (
    exchange.header("origin") !== "" && exchange.header("access-control-request-method") !== ""
  );
}

export class Router {
  readonly #services: RouterServices;
  readonly #routes: Routes;
  readonly #page: Pick<PageFiles, "has" | "serve">;
  readonly #client: Pick<PageFiles, "has" | "serve">;
  readonly #pageHandlers: Handlers;
  readonly #underWay = new Set<Promise<void>>();
  #isDraining = false;
  #isSettling = false;

  /**
   * @param files `page` has those that are served at paths that the API doesn't have, `client` the
   *   script for browsers
   */
  constructor(
    services: RouterServices,
    routes: Routes,
    { page, client }: Record<"page" | "client", Pick<PageFiles, "has" | "serve">>,
  ) {
    this.#services = services;
    this.#routes = routes;
    this.#page = page;
    this.#client = client;
    const serve = async (exchange: HttpExchange) => page.serve(exchange);
    this.#pageHandlers = { GET: serve };
  }

  /** Answers one request, whatever happens. */
  route(exchange: HttpExchange): void {
    const wire = wireOf(exchange);
    this.#services.connections.requests[wire] += 1;
    exchange.isLast = this.#isDraining;
    if (this.#client.has(exchange.path)) return this.#serveClient(exchange);
    const attempt = this.#services.rates.work.arrive(clientOf(this.#services, exchange));
    const handling = this.#handle(exchange, attempt)
      .catch((error: unknown) => {
        attempt.failed();
        // An origin is refused first, with its headers; but one that goes on is refused late.
        return this.#refuseInTime(exchange, attempt.refusal ?? error);
      })
      .catch((fault: unknown) => {
        recordFailure(this.#services, wire, fault);
        exchange.abandon();
      })
      .finally(() => this.#underWay.delete(handling));
    this.#underWay.add(handling);
    // The handler of a body that never ends would wait for good.
    exchange.onClose(() => this.#underWay.delete(handling));
  }

  /** From now on, each connection ends with its next response, and its client goes elsewhere. */
  drain(): void {
    this.#isDraining = true;
  }

  /** Accepts no more requests, and resolves when those under way are answered. */
  async settled(): Promise<void> {
    this.#isSettling = true;
    await Promise.all(this.#underWay);
  }

  /** Answers with an error from the table of errors. */
  refuse(exchange: HttpExchange, fault: unknown): void {
    const error = asOvationError(fault);
    recordRejection(this.#services, wireOf(exchange), error, fault, exchange);
    const allowed = methodsOf(this.#find(exchange.path)?.handlers ?? {});
    respondWithError(exchange, error, {}, allowed);
  }

  /** Answers a WebSocket's handshake that is refused; it counts as a request of its address. */
  refuseHandshake(exchange: HttpExchange, fault: unknown): void {
    this.#services.connections.requests[wireOf(exchange)] += 1;
    const attempt = this.#services.rates.work.arrive(clientOf(this.#services, exchange));
    attempt.failed();
    try {
      attempt.require();
      this.refuse(exchange, fault);
    } catch (error) {
      void this.#refuseInTime(exchange, error);
    }
  }

  /**
   * The script for browsers. A crowd behind one address loads it at the same time, from pages of any
   * origin: neither the rate of requests nor the origins limit it.
   */
  #serveClient(exchange: HttpExchange): void {
    try {
      this.#services.admission.hosts.check(exchange.header("host"));
      if (this.#isSettling) throw new OvationError("draining");
      this.#client.serve(exchange);
    } catch (error) {
      this.refuse(exchange, error);
    }
  }

  /** A client that is over its rate gets its answer late: it can't ask again at once. */
  async #refuseInTime(exchange: HttpExchange, fault: unknown): Promise<void> {
    exchange.hold();
    await lateIfLimited(fault);
    this.refuse(exchange, fault);
  }

  async #handle(exchange: HttpExchange, attempt: Attempt): Promise<void> {
    const { admission, natsOutage } = this.#services;
    const { hosts, origins, overload } = admission;
    const isApi = exchange.path.startsWith(API_PREFIX);
    if (isApi) {
      const origin = exchange.header("origin");
      // The WebSocket's path answers only errors. Any page may read them, since a browser hides why
      // a WebSocket was refused: the page asks here again.
      const isReadable = exchange.path === CONNECT_PATH && exchange.method === "GET";
      exchange.commonHeaders = isReadable
        ? { ...API_HEADERS, ...origins.answerHeaders(origin) }
        : API_HEADERS;
      hosts.check(exchange.header("host"));
      origins.check({ origin, host: exchange.header("host") });
      exchange.commonHeaders = { ...API_HEADERS, ...origins.answerHeaders(origin) };
    } else hosts.check(exchange.header("host"));
    if (this.#isSettling) throw new OvationError("draining");
    // An EventSource gets the error in its stream.
    const isStream = isEventStream(exchange);
    if (!isStream) attempt.require();
    // A WebSocket request that lost its headers on the way, or a page that asks why it was refused.
    if (exchange.path === CONNECT_PATH) {
      natsOutage.admit();
      admission.checkSocket(clientOf(this.#services, exchange));
      throw new OvationError("handshake_invalid");
    }
    // The links of a page are relative to its folder.
    if (exchange.isBase && this.#page.has("/")) {
      return redirectToSlash(exchange, exchange.basePath);
    }
    const found = this.#find(exchange.path);
    if (found === undefined) {
      // Outside of the base path there is none.
      const { path } = exchange;
      if (path !== "" && this.#page.has(`${path}/`)) return redirectToSlash(exchange, path);
      throw new OvationError("not_found");
    }
    const { hasVideo, path, handlers } = found;
    if (isApi && exchange.method === "OPTIONS" && isPreflight(exchange)) {
      const asked = exchange.header("access-control-request-headers");
      const headers = origins.preflightHeaders(methodsOf(handlers), asked);
      return exchange.respondWithoutBody(204, headers);
    }
    // The exchange leaves out the body (RFC 9110 section 9.3.2).
    const handler = handlers[exchange.method === "HEAD" ? "GET" : exchange.method];
    if (handler === undefined) throw new OvationError("method_not_allowed");
    if (hasVideo && !isVideoId(path.video)) {
      throw new OvationError("video_invalid", undefined, { field: "video" });
    }
    // Connected viewers over HTTP rely on pings.
    // Durable events are refused last, and only the handler knows which are durable.
    if (["POST", "PUT", "DELETE"].includes(exchange.method) && handlers !== this.#routes.tickets) {
      overload.admitPublishing();
    } else if (handlers !== this.#routes.ping && !isStream) overload.admitRequest();
    const handling = handler(exchange, path, attempt);
    if (!isStream) exchange.hold();
    await handling;
  }

  #find(path: string): Found | undefined {
    const route = routeAt(path);
    if (route !== undefined) {
      const { name } = route;
      return { handlers: this.#routes[name], path: route.path, hasVideo: namesVideo(name) };
    }
    if (!this.#page.has(path) && !this.#client.has(path)) return undefined;
    return { handlers: this.#pageHandlers, path: NO_NAMES, hasVideo: false };
  }
}

/** Whether it is for an event stream, or a poll of one. */
function isEventStream({ path, method }: HttpExchange): boolean {
  return ["GET", "HEAD"].includes(method) && routeAt(path)?.name === "events";
}

function wireOf(exchange: HttpExchange): RequestWire {
  if (exchange.path === CONNECT_PATH) return "websocket";
  return isEventStream(exchange) ? "sse" : "http";
}

/** @param folder its path, without the slash at its end */
function redirectToSlash(exchange: HttpExchange, folder: string): void {
  const query = exchange.query.size === 0 ? "" : `?${exchange.query}`;
  const last = folder.slice(folder.lastIndexOf("/") + 1);
  exchange.respondWithoutBody(308, { ...NOT_CACHED, Location: `${last}/${query}` });
}

/** HEAD is answered wherever GET is. */
function methodsOf(handlers: Handlers): readonly string[] {
  return Object.keys(handlers).flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
}

/** What a path refers to, and its handlers. */
interface Found {
  readonly handlers: Handlers;
  readonly path: PathNames;
  /** Whether the path names a video. */
  readonly hasVideo: boolean;
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
 * Answers with an error; `more` may add what was done nevertheless.
 * @param allowed the methods that the path supports
 */
export function respondWithError(
  exchange: HttpExchange,
  error: OvationError,
  more: object,
  allowed: readonly string[] = [],
): void {
  const headers: Record<string, string> = { ...NOT_CACHED };
  if (error.code === "version_unsupported") headers["Sec-WebSocket-Version"] = "13";
  if (error.code === "method_not_allowed") headers["Allow"] = allowed.join(", ");
  // RFC 9110 section 15.5.16.
  if (error.code === "content_encoding_unsupported") headers["Accept-Encoding"] = "identity";
  // RFC 6750 section 3.
  if (error.kind.status === 401) headers["WWW-Authenticate"] = "Bearer";
  const waitMs = error.retryAfterMs ?? (error.kind.status === 503 ? 1_000 : undefined);
  if (waitMs !== undefined) headers["Retry-After"] = String(Math.ceil(waitMs / 1_000));
  respondWith(
    exchange,
    error.kind.status,
    { error: { ...error.body(), requestId: exchange.requestId }, ...more },
    headers,
  );
}
