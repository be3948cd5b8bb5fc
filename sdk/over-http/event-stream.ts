/** One video's events by Server-Sent Events, read through `fetch`: in a stream, or in polls. */

import { answerOf, dispatchPush, type Fields, isFields } from "../link/incoming.ts";
import type { Answer, OnAnswer, PushHandlers } from "../link/link.ts";
import { readEvents } from "./event-source.ts";
import { authorization, type HttpOptions, refusalOfResponse, videoUrl } from "./http.ts";
import { Slot } from "./slot.ts";

/** A gateway says something at once; a stream on which nothing comes is held back on its way. */
const FIRST_BYTE_MS = 3_000;
/** How long a poll is held; proxies allow 10 s. */
const POLL_WAIT_MS = 8_000;
/** From one poll to the next: those that are held, and those that are not. */
const POLL_EVERY_MS = [500, 1_000] as const;

export interface StreamOptions extends HttpOptions {
  readonly connectTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly heartbeatTimeoutMs: number;
}

/** What is asked of the past. */
export interface StreamFrom {
  /** A position, as the stream tells it with its messages. */
  readonly after?: string | undefined;
  readonly last?: number | undefined;
}

/** What a stream tells. Nothing after it was closed. */
export interface StreamHandlers extends PushHandlers {
  /** The subscription stands, or was refused, which ends the stream. */
  readonly onAnswer: OnAnswer;
  /** The stream ended, or could not be had, with no refusal of a gateway's. */
  onLost(message: string): void;
  /** Whether streams were found to be held back on their way. */
  isBuffered(): boolean;
  /** A poll was answered where streams bring nothing. */
  onBuffered(): void;
}

export class EventStream {
  readonly #controller = new AbortController();
  readonly #handlers: StreamHandlers;
  token: string | undefined;
  /** A stream that is to replace this one, and ends with it until it has. */
  successor: EventStream | undefined;
  /** Where it is in the video's history, as a gateway tells it. */
  position: string | undefined;
  isAnswered = false;
  /** Then a fresh token needs no successor: it goes with the next poll. */
  isPolling = false;
  #video = "";
  /** What the next poll goes on from. */
  #poll: string | undefined;
  /** Signs that streams are held back: one for each that fell silent, two if it was from the first on. */
  #doubts = 0;
  /** By a clock that nobody can set, but that may stand still while the device sleeps; and by the other. */
  #heardAt = performance.now();
  #heardOn = Date.now();
  #late: ReturnType<typeof setTimeout> | undefined;
  /** Until the next poll, or for how long a stream may be silent. */
  #pause: ReturnType<typeof setTimeout> | undefined;

  constructor(token: string | undefined, handlers: StreamHandlers) {
    this.token = token;
    this.#handlers = handlers;
  }

  get silentMs(): number {
    return performance.now() - this.#heardAt;
  }

  /** The same with the time that the device slept, if nobody has set its clock. */
  get awayMs(): number {
    return Math.max(this.silentMs, Date.now() - this.#heardOn);
  }

  /** Aborted when the stream has ended, whoever ended it. */
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

  /** By a stream, if it may hold a connection and nothing holds it back; else by polls. */
  async #follow(options: StreamOptions, video: string, from: StreamFrom): Promise<void> {
    const slot = new Slot(options.url, this.signal);
    await slot.decided;
    const address = addressOf(options.url, video, from);
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
      // Who is in doubt wants to know at once.
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

  /** Ends when the stream is silent for too long. @throws when it ends by itself */
  async #stream(options: StreamOptions, address: URL): Promise<void> {
    const request = new AbortController();
    const abort = () => request.abort();
    this.signal.addEventListener("abort", abort);
    const begunAt = performance.now();
    let hasBegun = false;
    const wait = (ms: number) => {
      clearTimeout(this.#pause);
      this.#pause = setTimeout(abort, ms);
    };
    wait(FIRST_BYTE_MS);
    try {
      await this.#open(options, address, request.signal, () => {
        hasBegun = true;
        // What comes later than the first was not held back until something else came.
        if (performance.now() - begunAt > FIRST_BYTE_MS) this.#doubts = 0;
        // Before the whole link is given up for the silence of this stream.
        wait(options.heartbeatMs + options.heartbeatTimeoutMs / 2);
      });
    } catch (error) {
      if (!request.signal.aborted) throw error;
      this.#doubts += hasBegun ? 1 : 2;
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
      this.#heardAt = performance.now();
      this.#heardOn = Date.now();
      onBytes?.();
      feed(decoder.decode(value, { stream: true }));
    }
  }

  #receive(data: string, id: string | undefined): void {
    if (this.signal.aborted) return;
    this.position = id ?? this.position;
    const message: unknown = JSON.parse(data);
    if (!isFields(message)) return;
    const { op } = message;
    if (op === "poll") this.#poll = String(message["next"]);
    else if (op === "result" || op === "error") this.#answer(answerOf(message), message);
    else dispatchPush(message, this.#handlers);
  }

  #answer(answer: Answer, fields?: Fields): void {
    if (this.signal.aborted) return;
    if (this.isAnswered) {
      if (answer.op === "error") throw new Error(answer.message);
      // What comes does not continue what was had.
      if (answer.recovered === false) {
        dispatchPush({ ...fields, op: "reset", video: this.#video }, this.#handlers);
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

/** The stream's address. A header would do as well, but makes a browser ask another site first. */
function addressOf(url: string, video: string, { after, last }: StreamFrom): URL {
  const address = videoUrl(url, video, "events");
  if (after !== undefined) address.searchParams.set("after", after);
  if (last !== undefined) address.searchParams.set("last", String(last));
  return address;
}
