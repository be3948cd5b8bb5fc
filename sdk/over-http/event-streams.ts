/**
 * A link that needs no WebSocket: Server-Sent Events for each video, and HTTP to publish. When one
 * of its streams is lost the whole link ends, as a WebSocket would.
 */
import type {
  Answer,
  From,
  Link,
  LinkHandlers,
  LinkTimes,
  OnAnswer,
  Publication,
  Rules,
} from "../link/link.ts";
import type { ConnectionFault } from "../state.ts";
import { core } from "./core.ts";
import { WEBSOCKET_BLOCKED } from "./diagnosis.ts";
import { EventStream } from "./event-stream.ts";
import type { HttpOptions } from "./http.ts";
import { Overlap } from "./overlap.ts";
import { pingOverHttp, publishOverHttp, reachedNoGateway } from "./requests.ts";

const STREAM_BUFFERED: ConnectionFault = {
  code: "stream_buffered",
  message: "something on the way buffers or cuts event streams: the client polls",
};

/** How far apart in time two streams of a video may be. */
const SETTLE_MS = 1_000;

/** Proxies that cut long responses do so within this time. */
const SHORT_MS = 60_000;

export interface EventStreamsOptions extends HttpOptions, LinkTimes {
  /** Whether earlier streams were buffered or cut. */
  readonly isBuffered: boolean;
}

export class EventStreamsLink implements Link {
  readonly via = "sse";
  readonly reason = WEBSOCKET_BLOCKED;
  rules: Rules | undefined;
  #options: EventStreamsOptions;
  readonly #handlers: LinkHandlers;
  readonly #streams = new Map<string, EventStream>();
  /** Publishes on a video whose stream is not answered yet: sent sooner, its listeners would miss them. */
  readonly #held = new Map<string, (() => void)[]>();
  /** By video, while it has two streams. */
  readonly #overlaps = new Map<string, Overlap>();
  readonly #requests = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pingTimer: ReturnType<typeof setTimeout> | undefined;
  #renewTimer: ReturnType<typeof setTimeout> | undefined;
  #isRenewing = false;
  /** Fresh tokens that the gateway has not answered yet. */
  #refreshes = 0;
  #isBuffered: boolean;
  readonly #startedAt = performance.now();
  #isClosed = false;

  constructor(options: EventStreamsOptions, handlers: LinkHandlers) {
    this.#options = options;
    this.#isBuffered = options.isBuffered;
    this.#handlers = handlers;
  }

  /** Pings the gateway: nothing stays open until a video is watched. */
  start(): void {
    this.#ping(this.#options.connectTimeoutMs, (answer) => {
      if (answer.op === "error") return this.#end(answer.code, answer.message, true);
      this.#handlers.onReady(answer);
      if (this.#isBuffered) this.#handlers.onReason(STREAM_BUFFERED);
    });
  }

  subscribe(video: string, { after, epoch, last }: From, onAnswer: OnAnswer): void {
    const stream = this.#make(video, (answer) => {
      if (answer.op === "error") this.#streams.delete(video);
      this.#answered(answer, onAnswer);
      this.#release(video);
    });
    this.#streams.set(video, stream);
    this.#held.set(video, []);
    const position = epoch === undefined ? undefined : `${epoch}:${after}`;
    void stream.run(this.#options, video, { after: position, last });
    if (this.#timer === undefined) this.#watchSilence();
  }

  #make(video: string, onAnswer: OnAnswer): EventStream {
    const stream = new EventStream(this.#options.token, {
      ...this.#handlers,
      onEvents: (message) => {
        const overlap = this.#overlaps.get(video);
        const fresh = overlap === undefined ? message : overlap.pass(message);
        if (fresh !== undefined) this.#handlers.onEvents(fresh);
      },
      onAnswer,
      onLost: (message) => {
        const isCut = performance.now() - this.#startedAt < SHORT_MS;
        if (this.#streams.get(video) === stream) this.#end("connection_lost", message, true, isCut);
      },
      isBuffered: () => this.#isBuffered,
      onBuffered: () => {
        if (!this.#isBuffered) this.#handlers.onReason(STREAM_BUFFERED);
        this.#isBuffered = true;
      },
    });
    return stream;
  }

  unsubscribe(video: string): void {
    this.#streams.get(video)?.close();
    this.#streams.delete(video);
    this.#release(video);
  }

  publish(publication: Publication, onAnswer: OnAnswer): void {
    const held = this.#held.get(publication.video);
    if (held === undefined) this.#publish(publication, onAnswer);
    else held.push(() => this.#publish(publication, onAnswer));
  }

  #release(video: string): void {
    const held = this.#held.get(video) ?? [];
    this.#held.delete(video);
    if (!this.#isClosed) for (const publish of held) publish();
  }

  /** Each request may have its own connection, so one that gets no answer times out alone. */
  #publish(publication: Publication, onAnswer: OnAnswer): void {
    const [overdueMs, withinMs] = core.doubtTimes(this.#options);
    const request = new AbortController();
    const end = () => {
      clearTimeout(overdue);
      clearTimeout(late);
      this.#requests.signal.removeEventListener("abort", end);
      request.abort();
    };
    const overdue = setTimeout(() => this.check(withinMs), overdueMs);
    const late = setTimeout(() => {
      end();
      onAnswer({ op: "error", code: "timeout", message: "no answer in time" });
    }, overdueMs + withinMs);
    this.#requests.signal.addEventListener("abort", end);
    publishOverHttp(this.#options, publication, request.signal).then(
      (answer) => {
        if (request.signal.aborted) return;
        end();
        this.#answered(answer, onAnswer);
      },
      (error) => {
        if (!request.signal.aborted) this.#end("connection_lost", String(error), true);
      },
    );
  }

  /** A stream's token is in its request headers, so each stream is replaced by one with the fresh token. */
  refresh(token: string, onAnswer: OnAnswer): void {
    const options = { ...this.#options, token };
    this.#refreshes += 1;
    pingOverHttp(options, this.#requests.signal).then(
      (answer) => {
        this.#refreshes -= 1;
        if (this.#isClosed) return;
        if (answer.op === "result") this.#options = options;
        onAnswer(answer);
        void this.#renew();
      },
      (error) => {
        this.#refreshes -= 1;
        this.#end("unreachable", String(error), true);
      },
    );
    for (const video of this.#streams.keys()) {
      if (!this.#overlaps.has(video)) this.#overlaps.set(video, new Overlap());
    }
  }

  /** Replaces streams one after the other: over HTTP/1.1, a browser has one connection to spare. */
  async #renew(): Promise<void> {
    if (this.#isRenewing) return;
    this.#isRenewing = true;
    do {
      for (let old = this.#old(); old !== undefined; old = this.#old()) await this.#replace(...old);
      // The last of the new streams may poll, once in that time.
      await this.#wait(2 * SETTLE_MS);
      // A fresh token may have come meanwhile: its streams overlap too.
    } while (this.#refreshes > 0 || this.#old() !== undefined);
    this.#overlaps.clear();
    this.#isRenewing = false;
  }

  /** A stream with an outdated token; the current one may have changed again meanwhile. */
  #old(): [string, EventStream] | undefined {
    const { token } = this.#options;
    for (const one of this.#streams.values()) if (one.isPolling) one.token = token;
    return [...this.#streams].find(([, one]) => one.isAnswered && one.token !== token);
  }

  /** Events that both streams bring are dispatched once; the old one ends when the new one has caught up. */
  async #replace(video: string, old: EventStream): Promise<void> {
    // Last in turn from now on: when tokens change quickly, each stream is replaced nevertheless.
    this.#streams.delete(video);
    this.#streams.set(video, old);
    const answer = await new Promise<Answer | undefined>((resolve) => {
      const next = this.#make(video, resolve);
      old.successor = next;
      // An answer that ends the stream arrives in the same turn.
      next.signal.onabort = () => queueMicrotask(() => resolve(undefined));
      void next.run(this.#options, video, { after: old.position });
    });
    if (answer?.op === "error" && !core.isRetryable(answer.code)) {
      this.unsubscribe(video);
      return this.#answered(answer, () => this.#handlers.onUnsubscribed(video, answer));
    }
    await this.#wait(SETTLE_MS);
    const next = old.successor;
    // The video may no longer be watched, or the new stream may have failed.
    if (this.#streams.get(video) !== old || !next || next.signal.aborted) return;
    if (answer?.op === "result" && answer.recovered === false) {
      return this.#end("connection_lost", "the history can't be continued", true);
    }
    old.successor = undefined;
    old.close();
    this.#streams.set(video, next);
  }

  async #wait(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#renewTimer = setTimeout(resolve, ms);
    });
  }

  check(withinMs: number): void {
    this.#ping(withinMs, () => undefined);
    this.#endIfSilent(this.#options.heartbeatMs, "awayMs");
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#pingTimer);
    clearTimeout(this.#renewTimer);
    this.#requests.abort();
    for (const stream of this.#streams.values()) stream.close();
    this.#streams.clear();
  }

  #ping(withinMs: number, onAlive: OnAnswer): void {
    // A second check does not extend the first.
    if (this.#pingTimer !== undefined) return;
    this.#pingTimer = setTimeout(() => {
      this.#end("unreachable", "the gateway did not answer in time", true);
    }, withinMs);
    pingOverHttp(this.#options, this.#requests.signal).then(
      (answer) => {
        clearTimeout(this.#pingTimer);
        this.#pingTimer = undefined;
        if (answer.op === "error" && answer.code === "unavailable") {
          return this.#end(answer.code, answer.message, true);
        }
        if (answer.op === "result") this.rules = answer.rules;
        this.#answered(answer, onAlive);
      },
      (error) => this.#end("unreachable", String(error), true),
    );
  }

  /** Any request here may be refused for a reason that concerns the connection: that ends the link. */
  #answered(answer: Answer, onAnswer: OnAnswer): void {
    if (this.#isClosed) return;
    if (answer.op === "error" && reachedNoGateway(answer.code)) {
      return this.#end(answer.code, answer.message, true);
    }
    if (answer.op === "error" && core.isTokenCode(answer.code)) {
      return this.#end(answer.code, answer.message, false);
    }
    onAnswer(answer);
  }

  #watchSilence(): void {
    const { heartbeatMs, heartbeatTimeoutMs } = this.#options;
    this.#timer = setTimeout(() => {
      this.#endIfSilent(heartbeatMs + heartbeatTimeoutMs, "silentMs");
      if (!this.#isClosed) this.#watchSilence();
    }, heartbeatTimeoutMs / 2);
  }

  #endIfSilent(limitMs: number, time: "silentMs" | "awayMs"): void {
    const isSilent = [...this.#streams.values()].some((stream) => stream[time] > limitMs);
    if (isSilent) this.#end("silent", "the gateway is silent", true);
  }

  #end(code: string, message: string, again: boolean, isCut = false): void {
    if (this.#isClosed) return;
    this.close();
    this.#handlers.onEnd({ code, message, again, isCut });
  }
}
