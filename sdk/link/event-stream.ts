/** One Server-Sent Events stream: the events of one video, read through `fetch`. */
import { readEvents } from "./event-source.ts";
import { authorization, type HttpOptions, refusalOfResponse, videoUrl } from "./http.ts";
import { answerOf, dispatchPush, isFields } from "./incoming.ts";
import type { Answer, From, OnAnswer, PushHandlers } from "./link.ts";

export interface StreamOptions extends HttpOptions {
  readonly connectTimeoutMs: number;
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
  #isAnswered = false;
  #heardAt = Date.now();

  constructor(handlers: StreamHandlers) {
    this.#handlers = handlers;
  }

  get silentMs(): number {
    // A clock that was set back must not hide a silence.
    this.#heardAt = Math.min(this.#heardAt, Date.now());
    return Date.now() - this.#heardAt;
  }

  /** Opens the stream and reads it to its end; never rejects. */
  async run(options: StreamOptions, video: string, from: From): Promise<void> {
    const late = setTimeout(() => {
      if (!this.#isAnswered) this.#lose("the gateway did not answer in time");
    }, options.connectTimeoutMs);
    try {
      await this.#open(options, video, from);
      this.#lose("the stream ended");
    } catch (error) {
      this.#lose(String(error));
    } finally {
      clearTimeout(late);
    }
  }

  close(): void {
    this.#controller.abort();
  }

  get #isClosed(): boolean {
    return this.#controller.signal.aborted;
  }

  async #open(options: StreamOptions, video: string, from: From): Promise<void> {
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
    const feed = readEvents((data) => this.#receive(data));
    const decoder = new TextDecoder();
    const reader = body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      this.#heardAt = Date.now();
      feed(decoder.decode(value, { stream: true }));
    }
  }

  #receive(data: string): void {
    if (this.#isClosed) return;
    const message: unknown = JSON.parse(data);
    if (!isFields(message)) return;
    const { op } = message;
    if (op === "result" || op === "error") this.#answer(answerOf(message));
    else dispatchPush(message, this.#handlers);
  }

  #answer(answer: Answer): void {
    if (this.#isAnswered || this.#isClosed) return;
    this.#isAnswered = true;
    if (answer.op === "error") this.close();
    this.#handlers.onAnswer(answer);
  }

  #lose(message: string): void {
    if (this.#isClosed) return;
    this.close();
    this.#handlers.onLost(message);
  }
}

/** The stream's address. A header would do as well, but makes a browser ask another site first. */
function addressOf(url: string, video: string, { after, epoch, last }: From): URL {
  const address = videoUrl(url, video, "events");
  if (after !== undefined && epoch !== undefined) {
    address.searchParams.set("after", `${epoch}:${after}`);
  }
  if (last !== undefined) address.searchParams.set("last", String(last));
  return address;
}
