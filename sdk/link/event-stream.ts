/** One Server-Sent Events stream: the events of one video, read through `fetch`. */
import { readEvents } from "./event-source.ts";
import { authorization, type HttpOptions, refusalOfResponse, videoUrl } from "./http.ts";
import { answerOf, dispatchPush, isFields } from "./incoming.ts";
import type { Answer, OnAnswer, PushHandlers } from "./link.ts";

export interface StreamOptions extends HttpOptions {
  readonly connectTimeoutMs: number;
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
}

export class EventStream {
  readonly #controller = new AbortController();
  readonly #handlers: StreamHandlers;
  readonly token: string | undefined;
  /** A stream that is to replace this one, and ends with it until it has. */
  successor: EventStream | undefined;
  /** Where it is in the video's history, as a gateway tells it. */
  position: string | undefined;
  isAnswered = false;
  /** By a clock that nobody can set. */
  #heardAt = performance.now();
  #late: ReturnType<typeof setTimeout> | undefined;

  constructor(token: string | undefined, handlers: StreamHandlers) {
    this.token = token;
    this.#handlers = handlers;
  }

  get silentMs(): number {
    return performance.now() - this.#heardAt;
  }

  /** Aborted when the stream has ended, whoever ended it. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Opens the stream and reads it to its end; never rejects. */
  async run(options: StreamOptions, video: string, from: StreamFrom): Promise<void> {
    this.#late = setTimeout(() => {
      if (!this.isAnswered) this.#lose("the gateway did not answer in time");
    }, options.connectTimeoutMs);
    try {
      await this.#open(options, video, from);
      this.#lose("the stream ended");
    } catch (error) {
      this.#lose(String(error));
    }
  }

  close(): void {
    clearTimeout(this.#late);
    this.#controller.abort();
    this.successor?.close();
  }

  async #open(options: StreamOptions, video: string, from: StreamFrom): Promise<void> {
    const response = await options.fetch(addressOf(options.url, video, from), {
      headers: { Accept: "text/event-stream", ...authorization(options.token) },
      cache: "no-store",
      signal: this.#controller.signal,
    });
    const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
    if (!response.ok || isStream !== true || response.body === null) {
      return this.#answer(await refusalOfResponse(response));
    }
    await this.#read(response.body);
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const feed = readEvents((data, id) => this.#receive(data, id));
    const decoder = new TextDecoder();
    const reader = body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      this.#heardAt = performance.now();
      feed(decoder.decode(value, { stream: true }));
    }
  }

  #receive(data: string, id: string | undefined): void {
    if (this.signal.aborted) return;
    this.position = id;
    const message: unknown = JSON.parse(data);
    if (!isFields(message)) return;
    const { op } = message;
    if (op === "result" || op === "error") this.#answer(answerOf(message));
    else dispatchPush(message, this.#handlers);
  }

  #answer(answer: Answer): void {
    if (this.isAnswered || this.signal.aborted) return;
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
