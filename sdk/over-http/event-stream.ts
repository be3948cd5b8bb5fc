/** Reads one video's events as Server-Sent Events through `fetch`: in a stream, or in polls. */

import type { Fields } from "../link/incoming.ts";
import type { Answer, Filter, OnAnswer, PushHandlers } from "../link/link.ts";
import { core } from "./core.ts";
import { readEvents } from "./event-source.ts";
import { authorization, type HttpOptions, refusalOfResponse, videoUrl } from "./http.ts";
import { Slot } from "./slot.ts";

/** A gateway sends something at once; a stream without a byte after this time is buffered on the way. */
const FIRST_BYTE_MS = 3_000;
/** How long a gateway holds a long poll; proxies allow 10 s. */
const POLL_WAIT_MS = 8_000;
/** From one poll to the next: for long polls, and for short ones. */
const POLL_EVERY_MS = [500, 1_000] as const;

export interface StreamOptions extends HttpOptions {
  readonly connectTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly heartbeatTimeoutMs: number;
  readonly filter: Filter;
}

/** Where a stream starts. */
export interface StreamFrom {
  /** A position, as the stream sends it with its messages. */
  readonly after?: string | undefined;
  readonly last?: number | undefined;
}

/** The handlers of a stream. None is called after it was closed. */
export interface StreamHandlers extends PushHandlers {
  /** The subscription was accepted, or refused, which ends the stream. */
  readonly onAnswer: OnAnswer;
  /** The stream ended or failed to start, without a gateway's refusal. */
  onLost(message: string): void;
  /** Whether streams are known to be buffered on the way. */
  isBuffered(): boolean;
  /** A poll was answered where streams deliver nothing. */
  onBuffered(): void;
}

export class EventStream {
  readonly #controller = new AbortController();
  readonly #handlers: StreamHandlers;
  token: string | undefined;
  /** A stream that will replace this one, and is closed with it until then. */
  successor: EventStream | undefined;
  /** The position in the video's history, as the gateway sent it. */
  position: string | undefined;
  isAnswered = false;
  /** While polling, a fresh token needs no successor: the next poll sends it. */
  isPolling = false;
  #video = "";
  /** The cursor that the next poll continues from. */
  #poll: string | undefined;
  /** Signs that streams are buffered: one for each that fell silent, two if it was silent from the start. */
  #doubts = 0;
  /** By the monotonic clock, which may stop while the device sleeps, and by the wall clock. */
  #receivedAt = performance.now();
  #receivedOn = Date.now();
  #late: ReturnType<typeof setTimeout> | undefined;
  /** The wait for the next poll, or the longest silence of a stream. */
  #pause: ReturnType<typeof setTimeout> | undefined;

  constructor(token: string | undefined, handlers: StreamHandlers) {
    this.token = token;
    this.#handlers = handlers;
  }

  get silentMs(): number {
    return performance.now() - this.#receivedAt;
  }

  /** The same including the time that the device slept, unless its clock was set. */
  get awayMs(): number {
    return Math.max(this.silentMs, Date.now() - this.#receivedOn);
  }

  /** Aborted when the stream has ended, for any reason. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Follows the video until it is closed or lost; never rejects. */
  async run(options: StreamOptions, video: string, from: StreamFrom): Promise<void> {
    this.#video = video;
    this.#late = setTimeout(() => {
      if (!this.isAnswered) this.#lose("the gateway did not answer in time");
    }, options.connectTimeoutMs);
    try {
      await this.#follow(options, video, from);
      this.#lose("the stream ended");
    } catch (error) {
      this.#lose(String(error));
    }
  }

  close(): void {
    clearTimeout(this.#late);
    clearTimeout(this.#pause);
    this.#controller.abort();
    this.successor?.close();
  }

  /** Uses a stream if it may hold a connection and nothing buffers it; else polls. */
  async #follow(options: StreamOptions, video: string, from: StreamFrom): Promise<void> {
    const slot = new Slot(options.url, this.signal);
    await slot.decided;
    const address = addressOf(options, video, from);
    const query = address.searchParams;
    for (let isDoubtful = false; !this.signal.aborted; ) {
      if (this.position !== undefined) {
        query.set("after", this.position);
        query.delete("last");
      }
      if (this.#poll !== undefined) query.set("poll", this.#poll);
      this.isPolling = !slot.isHeld || isDoubtful || this.#handlers.isBuffered();
      if (!this.isPolling) {
        query.delete("wait");
        await this.#stream(options, address);
        isDoubtful = true;
        continue;
      }
      // In doubt, a short poll gives the answer at once.
      const isLong = slot.isHeld && !isDoubtful;
      query.set("wait", String(isLong ? POLL_WAIT_MS : 0));
      const nextAt = performance.now() + POLL_EVERY_MS[isLong ? 0 : 1];
      await this.#open(options, address, this.signal);
      if (this.#doubts > 1) this.#handlers.onBuffered();
      if (!isDoubtful) {
        await new Promise((resolve) => {
          this.#pause = setTimeout(resolve, nextAt - performance.now());
        });
      }
      isDoubtful = false;
    }
  }

  /** Returns when the stream was silent for too long. @throws when the stream ends by itself */
  async #stream(options: StreamOptions, address: URL): Promise<void> {
    const request = new AbortController();
    const abort = () => request.abort();
    this.signal.addEventListener("abort", abort);
    const startedAt = performance.now();
    let hasStarted = false;
    const wait = (ms: number) => {
      clearTimeout(this.#pause);
      this.#pause = setTimeout(abort, ms);
    };
    wait(FIRST_BYTE_MS);
    try {
      await this.#open(options, address, request.signal, () => {
        hasStarted = true;
        // Bytes that arrive this late by themselves show that nothing buffers the stream.
        if (performance.now() - startedAt > FIRST_BYTE_MS) this.#doubts = 0;
        // Sooner than the whole link would end for this stream's silence.
        wait(options.heartbeatMs + options.heartbeatTimeoutMs / 2);
      });
    } catch (error) {
      if (!request.signal.aborted) throw error;
      this.#doubts += hasStarted ? 1 : 2;
      return;
    } finally {
      clearTimeout(this.#pause);
      this.signal.removeEventListener("abort", abort);
    }
    throw new Error("the stream ended");
  }

  async #open(
    options: StreamOptions,
    address: URL,
    signal: AbortSignal,
    onBytes?: () => void,
  ): Promise<void> {
    const response = await options.fetch(address, {
      headers: { Accept: "text/event-stream", ...authorization(this.token) },
      cache: "no-store",
      signal,
    });
    const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
    if (!response.ok || isStream !== true || response.body === null) {
      return this.#answer(await refusalOfResponse(response));
    }
    const feed = readEvents((data, id) => this.#receive(data, id));
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      this.#receivedAt = performance.now();
      this.#receivedOn = Date.now();
      onBytes?.();
      feed(decoder.decode(value, { stream: true }));
    }
  }

  #receive(data: string, id: string | undefined): void {
    if (this.signal.aborted) return;
    this.position = id ?? this.position;
    const message: unknown = JSON.parse(data);
    if (!core.isFields(message)) return;
    const { op } = message;
    if (op === "poll") this.#poll = String(message["next"]);
    else if (op === "result" || op === "error") this.#answer(core.answerOf(message), message);
    else core.dispatchPush(message, this.#handlers);
  }

  #answer(answer: Answer, fields?: Fields): void {
    if (this.signal.aborted) return;
    if (this.isAnswered) {
      if (answer.op === "error") throw new Error(answer.message);
      // The following events don't continue from the previous position.
      if (answer.recovered === false) {
        core.dispatchPush({ ...fields, op: "reset", video: this.#video }, this.#handlers);
      }
      return;
    }
    this.isAnswered = true;
    if (answer.op === "error") this.close();
    this.#handlers.onAnswer(answer);
  }

  #lose(message: string): void {
    if (this.signal.aborted) return;
    this.close();
    this.#handlers.onLost(message);
  }
}

/** The stream's address. Headers would work too, but cost a preflight request across sites. */
function addressOf(
  { url, filter }: StreamOptions,
  video: string,
  { after, last }: StreamFrom,
): URL {
  const address = videoUrl(url, video, "events");
  for (const [name, value] of Object.entries({ after, last, ...filter })) {
    if (value !== undefined) address.searchParams.set(name, String(value));
  }
  return address;
}
