/**
 * `GET /v1/videos/{video}/events`: a video's events as Server-Sent Events
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html).
 */
import { asOvationError, OvationError } from "../../../shared/protocol/errors.ts";
import { FILTER_KINDS_LIMIT } from "../../../shared/protocol/wire/messages.ts";
import { PACE_MAX_MS, paceWithin } from "../../../shared/protocol/wire/pace.ts";
import { Expiry } from "../../auth/expiry.ts";
import type { HttpExchange } from "../../transport/http-exchange.ts";
import {
  openSubscription,
  type PastPayment,
  payForPast,
  type SubscribeRequest,
  subscribeRequest,
} from "../operations/subscribe.ts";
import { clientOf, type GatewayServices, recordRejection } from "../services.ts";
import { EventStream, RETRY_MS, streamMessage } from "./event-stream.ts";
import { lateIfLimited } from "./late.ts";
import { pastRequest } from "./past-request.ts";
import { PollStream, type PollToken, pollToken } from "./poll-stream.ts";
import { flag, list, wholeNumber } from "./query.ts";
import type { HttpHandler } from "./router.ts";

/** The longest time that a poll may wait for an event. */
const POLL_WAIT_MAX_MS = 30_000;
const HEADERS = {
  "Content-Type": "text/event-stream",
  "Cache-Control": "no-store",
  // Otherwise nginx would buffer the stream.
  "X-Accel-Buffering": "no",
};

function acceptsEventStream(accept: string): boolean {
  const types = accept.split(",").map((part) => part.split(";")[0]?.trim().toLowerCase());
  return types.some((type) => ["", "*/*", "text/*", "text/event-stream"].includes(type ?? ""));
}

/** An EventSource gives up for good on any status but 200, so the error is sent in a stream. */
function refuseInStream(exchange: HttpExchange, error: OvationError): void {
  const stream = exchange.stream(HEADERS);
  const body = streamMessage({ op: "error", id: 0, ...error.body() });
  stream.send(`retry: ${error.retryAfterMs ?? RETRY_MS}\n\n${body}`);
  stream.end();
}

interface EventsOptions {
  readonly services: GatewayServices;
  readonly keepaliveMs: number;
  /** How long a stream continues after its token has expired. */
  readonly refreshGraceMs: number;
  /** Every open stream, dismissed when the gateway stops. */
  readonly streams: Set<EventStream>;
}

/** A viewer that polls. */
interface PollingViewer {
  readonly stream: PollStream;
  readonly events: EventStream;
  readonly expiry: Expiry;
  readonly request: SubscribeRequest;
}

/** Whether a poll asks for the same events as those before it. */
function isSame(one: SubscribeRequest, other: SubscribeRequest): boolean {
  return one.filter?.key === other.filter?.key && one.hold.isHidden === other.hold.isHidden;
}

/** All polling viewers of one gateway. */
class PollingViewers {
  readonly #all = new Map<string, PollingViewer>();

  add(video: string, polling: PollingViewer): void {
    this.#all.set(keyOf(video, polling.stream.viewer), polling);
  }

  find(video: string, token: PollToken | undefined): PollingViewer | undefined {
    return token === undefined ? undefined : this.#all.get(keyOf(video, token.viewer));
  }

  /** Does nothing if another stream of the viewer has replaced this one. */
  remove(video: string, stream: PollStream): void {
    const key = keyOf(video, stream.viewer);
    if (this.#all.get(key)?.stream === stream) this.#all.delete(key);
  }
}

function keyOf(video: string, viewer: string): string {
  return `${video}.${viewer}`;
}

export function eventsOverHttp(options: EventsOptions): HttpHandler {
  const { services, keepaliveMs, refreshGraceMs: graceMs, streams } = options;
  const { admission, auth, bans, connections, natsOutage, interest, histories } = services;
  const pollingViewers = new PollingViewers();
  return async (exchange, { video }, attempt) => {
    if (!acceptsEventStream(exchange.header("accept"))) throw new OvationError("not_acceptable");
    const waitMs = wholeNumber(exchange, "wait", { min: 0, max: POLL_WAIT_MAX_MS });
    const token = pollToken(exchange.query.get("poll"));
    const refuse = async (fault: unknown) => {
      await lateIfLimited(fault);
      const error = asOvationError(fault);
      recordRejection(services, "sse", error, fault, exchange);
      refuseInStream(exchange, error);
    };
    try {
      attempt.require();
    } catch (fault) {
      return await refuse(fault);
    }
    const grant = await auth.ofStream(exchange);
    const hidden = flag(exchange, "hidden");
    grant.requireWatching(video, { isHidden: hidden === true });
    bans.requireWatching(grant.actor, video);
    const kinds = list(exchange, "kinds", FILTER_KINDS_LIMIT);
    const asksEveryMs = wholeNumber(exchange, "everyMs", { min: 0, max: PACE_MAX_MS });
    const everyMs = paceWithin(asksEveryMs ?? 0);
    const asked = { ...pastRequest(exchange), kinds, hidden };
    const request = subscribeRequest(services, asked, grant.actor);
    const { hold } = request;
    if (exchange.method === "HEAD") return exchange.respondWithoutBody(200, HEADERS);
    // The client may have gone while its token was verified.
    if (!exchange.isOpen) return;
    try {
      attempt.chargeTo(grant);
    } catch (fault) {
      return await refuse(fault);
    }
    const known = pollingViewers.find(video, token);
    if (known !== undefined && token !== undefined && known.stream.isNext(token)) {
      const { stream, events, expiry } = known;
      if (isSame(known.request, request)) {
        expiry.watch(grant.expiresAtMs);
        events.viewer.setPace(everyMs);
        if (waitMs !== undefined) return stream.poll(exchange, waitMs);
        // The viewer stays subscribed: nothing is missed in between.
        pollingViewers.remove(video, stream);
        exchange.onClose(() => events.end());
        return events.continueOn(exchange.stream(HEADERS), stream.release());
      }
    }
    const address = clientOf(services, exchange);
    const holder = { client: grant.clientAt(address), address };
    let past: PastPayment;
    try {
      natsOutage.admit();
      // A viewer that is connected already is not admitted a second time.
      if (known === undefined) admission.admitStream(address);
      interest.requireRoom(video, holder);
      past = payForPast(services, { grant, address }, request);
    } catch (fault) {
      return await refuse(fault);
    }
    known?.events.end();
    const polled =
      waitMs === undefined
        ? undefined
        : new PollStream({
            headers: HEADERS,
            viewer: token?.viewer,
            onLeft: () => stream.end(),
          });
    const watcher = { grant, video, isHidden: hidden === true };
    const stream = new EventStream(polled ?? exchange.stream(HEADERS), services, watcher, () => {
      expiry.stop();
      connections.eventStreams -= 1;
      connections.closed += 1;
      admission.left(address, "stream");
      streams.delete(stream);
      if (polled !== undefined) pollingViewers.remove(video, polled);
      interest.release(video, holder, hold);
    });
    stream.viewer.setPace(everyMs);
    stream.start(keepaliveMs);
    const expiry = new Expiry({
      graceMs,
      wallClock: Date.now,
      onExpired: () => stream.send({ op: "refresh", withinMs: graceMs }),
      onEnd: () => {
        const error = new OvationError("token_expired");
        recordRejection(services, "sse", error, error, exchange);
        stream.send({ op: "error", id: 0, ...error.body() });
        stream.end();
      },
    });
    expiry.watch(grant.expiresAtMs);
    connections.eventStreams += 1;
    connections.opened += 1;
    admission.entered(address, "stream");
    streams.add(stream);
    if (polled === undefined) exchange.onClose(() => stream.end());
    else {
      pollingViewers.add(video, { stream: polled, events: stream, expiry, request });
      polled.poll(exchange, waitMs ?? 0);
    }
    try {
      const { feed, after, result } = await openSubscription(
        services,
        video,
        request,
        past,
        holder,
      );
      if (!stream.isOpen) return feed.abandon();
      const seq = after ?? result.seq;
      const position = seq === undefined ? undefined : histories.positionText(seq);
      stream.send({ op: "result", id: 0, ...result }, position);
      stream.viewer.join(feed, after);
      if (request.isNewcomer) void services.ownEvents.showPast(video, stream);
    } catch (fault) {
      const error = asOvationError(fault);
      recordRejection(services, "sse", error, fault, exchange);
      stream.send({ op: "error", id: 0, ...error.body() });
      stream.end();
    }
  };
}
