/**
 * A link for where no WebSocket can be had: a stream of Server-Sent Events for each video, and HTTP
 * to publish. When one of its streams is lost, the whole link is: to its owner it ends as a
 * WebSocket would.
 */
import { isTokenCode } from "../error.ts";
import { EventStream } from "./event-stream.ts";
import { type HttpOptions, isAstray, pingOverHttp, publishOverHttp } from "./http.ts";
import {
  type Answer,
  doubtTimes,
  type From,
  type Link,
  type LinkHandlers,
  type LinkTimes,
  type OnAnswer,
  type Publication,
} from "./link.ts";

/** Browsers open no more than six connections to a site over HTTP/1.1; one is left to publish. */
export const MAX_STREAMS = 5;

export interface EventStreamsOptions extends HttpOptions, LinkTimes {}

export class EventStreamsLink implements Link {
  readonly via = "sse";
  readonly #options: EventStreamsOptions;
  readonly #handlers: LinkHandlers;
  readonly #streams = new Map<string, EventStream>();
  /** What is published on a video whose stream is not answered yet: or it would not be seen there. */
  readonly #held = new Map<string, (() => void)[]>();
  readonly #requests = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pingTimer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(options: EventStreamsOptions, handlers: LinkHandlers) {
    this.#options = options;
    this.#handlers = handlers;
  }

  /** Nothing stays open before a video is watched, but that a gateway answers is seen. */
  start(): void {
    this.#ping(this.#options.connectTimeoutMs, () => this.#handlers.onReady(undefined));
  }

  subscribe(video: string, from: From, onAnswer: OnAnswer): void {
    if (this.#streams.size >= MAX_STREAMS) {
      const message = `without a WebSocket, no more than ${MAX_STREAMS} videos can be watched`;
      return onAnswer({ op: "error", code: "subscriptions_exceeded", message });
    }
    const stream = new EventStream({
      ...this.#handlers,
      onAnswer: (answer) => {
        if (answer.op === "error") this.#streams.delete(video);
        this.#answered(answer, onAnswer);
        this.#release(video);
      },
      onLost: (message) => this.#end("connection_lost", message, true),
    });
    this.#streams.set(video, stream);
    this.#held.set(video, []);
    void stream.run(this.#options, video, from);
    if (this.#timer === undefined) this.#watchSilence();
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

  /** Each request may have a connection of its own, so it is given up alone when that leads nowhere. */
  #publish(publication: Publication, onAnswer: OnAnswer): void {
    const [overdueMs, withinMs] = doubtTimes(this.#options);
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

  /** A stream carries its token in its head: a fresh one needs a new stream. */
  refresh(_token: string, onAnswer: OnAnswer): void {
    onAnswer({ op: "error", code: "op_unknown", message: "a stream can't take a fresh token" });
  }

  check(withinMs: number): void {
    this.#ping(withinMs, () => undefined);
    this.#endIfSilent(this.#options.heartbeatMs);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#pingTimer);
    this.#requests.abort();
    for (const stream of this.#streams.values()) stream.close();
    this.#streams.clear();
  }

  #ping(withinMs: number, onAlive: () => void): void {
    // Who asks again does not put off what is due already.
    if (this.#pingTimer !== undefined) return;
    this.#pingTimer = setTimeout(() => {
      this.#end("unreachable", "the gateway did not answer in time", true);
    }, withinMs);
    pingOverHttp(this.#options, this.#requests.signal).then(
      (refusal) => {
        clearTimeout(this.#pingTimer);
        this.#pingTimer = undefined;
        // Any other refusal, such as an older gateway's, proves as well that there is one.
        if (refusal === undefined) onAlive();
        else if (refusal.code === "unavailable") this.#end(refusal.code, refusal.message, true);
        else this.#answered(refusal, onAlive);
      },
      (error) => this.#end("unreachable", String(error), true),
    );
  }

  /** What a connection is refused for is told by each request here, and ends the link. */
  #answered(answer: Answer, onAnswer: OnAnswer): void {
    if (this.#isClosed) return;
    if (answer.op === "error" && isAstray(answer.code)) {
      return this.#end(answer.code, answer.message, true);
    }
    if (answer.op === "error" && isTokenCode(answer.code)) {
      return this.#end(answer.code, answer.message, false);
    }
    onAnswer(answer);
  }

  #watchSilence(): void {
    const { heartbeatMs, heartbeatTimeoutMs } = this.#options;
    this.#timer = setTimeout(() => {
      this.#endIfSilent(heartbeatMs + heartbeatTimeoutMs);
      if (!this.#isClosed) this.#watchSilence();
    }, heartbeatTimeoutMs / 2);
  }

  #endIfSilent(limitMs: number): void {
    const isSilent = [...this.#streams.values()].some(({ silentMs }) => silentMs > limitMs);
    if (isSilent) this.#end("silent", "the gateway is not heard", true);
  }

  #end(code: string, message: string, again: boolean): void {
    if (this.#isClosed) return;
    this.close();
    this.#handlers.onEnd({ code, message, again });
  }
}
