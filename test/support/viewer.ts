/** A viewer as a client implements it: over WebSocket in either subprotocol, or over SSE. */
import { get as httpGet, type IncomingMessage } from "node:http";
import { createParser } from "eventsource-parser";
import WebSocket from "ws";
import type { OvationEvent } from "../../shared/protocol/events.ts";
import { decodeTrustedMsgpack, encode } from "../../shared/protocol/wire/codec.ts";
import type { ServerMessage } from "../../shared/protocol/wire/messages.ts";
import { Waiter } from "./waiter.ts";

export type TestWire = "msgpack" | "json" | "sse";
export const TEST_WIRES: readonly TestWire[] = ["msgpack", "json", "sse"];

/** An answer to a request, or a push, with all of its fields accessible. */
export type Received = ServerMessage & Readonly<Record<string, unknown>>;

/** What a viewer received, whatever its wire. */
export class Inbox {
  readonly messages: Received[] = [];
  /** Events by video, in the order received. */
  readonly events = new Map<string, OvationEvent[]>();
  /** Exact totals by video and kind: a message's `counts` if it has them, else its events. */
  readonly totals = new Map<string, Map<string, number>>();
  readonly #waiter = new Waiter();

  receive(message: Received): void {
    this.messages.push(message);
    if (message.op === "events") this.#record(message.video, message.events, message.counts);
    this.changed();
  }

  /** Checks every waiting condition again. */
  changed(): void {
    this.#waiter.changed();
  }

  total(video: string, kind: string): number {
    return this.totals.get(video)?.get(kind) ?? 0;
  }

  /** Events of one kind on a video. */
  of(video: string, kind: string): OvationEvent[] {
    return (this.events.get(video) ?? []).filter((event) => event.kind === kind);
  }

  /** Whether the subscribe was answered with a place in the history. */
  get hasPosition(): boolean {
    return this.#withPosition() !== undefined;
  }

  /** The result of the subscribe: the first answer with a seq. */
  get subscription(): Received {
    const found = this.#withPosition();
    if (found === undefined) throw new Error("no subscription was answered with a seq");
    return found;
  }

  /** Resolves with the first value that isn't undefined or false; polls after each message. */
  async until<T>(poll: () => T | undefined | false): Promise<T> {
    return await this.#waiter.until(poll);
  }

  #withPosition(): Received | undefined {
    return this.messages.find((message) => message.op === "result" && "seq" in message);
  }

  #record(video: string, events: readonly OvationEvent[], counts?: Record<string, number>): void {
    const all = this.events.get(video) ?? [];
    all.push(...events);
    this.events.set(video, all);
    const totals = this.totals.get(video) ?? new Map<string, number>();
    const add = (kind: string, count: number) => totals.set(kind, (totals.get(kind) ?? 0) + count);
    if (counts === undefined) for (const { kind } of events) add(kind, 1);
    else for (const [kind, count] of Object.entries(counts)) add(kind, count);
    this.totals.set(video, totals);
  }
}

/** Where a gateway opens WebSockets, by its port on this machine or by its URL. */
export function connectUrl(at: number | string): string {
  return `${typeof at === "number" ? `ws://127.0.0.1:${at}` : at.replace("http", "ws")}/v1/connect`;
}

/** A WebSocket to a gateway, before or after `connect`. */
export class TestSocket extends Inbox {
  readonly socket: WebSocket;
  readonly #encoding: "msgpack" | "json";
  #lastId = 0;
  /** Code and reason, once it is closed. */
  closed: { readonly code: number; readonly reason: string } | undefined;

  private constructor(socket: WebSocket, encoding: "msgpack" | "json") {
    super();
    this.socket = socket;
    this.#encoding = encoding;
    socket.on("message", (data: Buffer, isBinary) => {
      const message = isBinary ? decodeTrustedMsgpack(data) : JSON.parse(data.toString());
      this.receive(message as Received);
    });
    socket.on("close", (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.changed();
    });
    socket.on("error", () => undefined); // A close event follows.
  }

  /**
   * Opens a WebSocket and sends nothing.
   * @param at a port of this machine, or the gateway's URL
   */
  static async open(
    at: number | string,
    encoding: "msgpack" | "json" = "json",
    headers: Readonly<Record<string, string>> = {},
    options: Pick<WebSocket.ClientOptions, "autoPong" | "ca"> = {},
  ): Promise<TestSocket> {
    const socket = new WebSocket(connectUrl(at), [`ovation.v1.${encoding}`], {
      perMessageDeflate: false,
      headers,
      ...options,
    });
    const opened = new TestSocket(socket, encoding);
    await new Promise<void>((resolve, reject) => {
      socket.once("open", () => resolve());
      socket.once("error", reject);
    });
    return opened;
  }

  /** Opens a WebSocket and connects. */
  static async connect(
    at: number | string,
    encoding: "msgpack" | "json" = "json",
    token?: string,
  ): Promise<TestSocket> {
    const opened = await TestSocket.open(at, encoding);
    await opened.ask("connect", token === undefined ? {} : { token });
    return opened;
  }

  /** Sends a request with the next id and resolves with its answer, a result or an error. */
  async ask(op: string, fields: Readonly<Record<string, unknown>> = {}): Promise<Received> {
    this.#lastId += 1;
    const id = this.#lastId;
    this.sendMessage({ op, id, ...fields });
    return await this.answerTo(id);
  }

  /** Resolves with the answer to the request with this id. */
  async answerTo(id: number): Promise<Received> {
    return await this.until(() =>
      this.messages.find((message) => "id" in message && message.id === id),
    );
  }

  sendMessage(message: unknown): void {
    this.socket.send(encode(this.#encoding, message), { binary: this.#encoding === "msgpack" });
  }

  async untilClosed(): Promise<{ readonly code: number; readonly reason: string }> {
    return await this.until(() => this.closed);
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.untilClosed();
  }
}

/** A Server-Sent Events stream. */
export class TestEventStream extends Inbox {
  readonly response: IncomingMessage;
  /** The `id:` of each message that had one. */
  readonly ids: string[] = [];
  readonly comments: string[] = [];
  retryMs: number | undefined;
  isEnded = false;

  private constructor(response: IncomingMessage) {
    super();
    this.response = response;
    const parser = createParser({
      onEvent: ({ id, data }) => {
        if (id !== undefined) this.ids.push(id);
        this.receive(JSON.parse(data));
      },
      onRetry: (ms) => {
        this.retryMs = ms;
        this.changed();
      },
      onComment: (comment) => {
        this.comments.push(comment);
        this.changed();
      },
    });
    response.setEncoding("utf8");
    response.on("data", (text: string) => parser.feed(text));
    response.on("close", () => {
      this.isEnded = true;
      this.changed();
    });
    response.on("error", () => undefined); // A close event follows.
  }

  /**
   * Resolves when the subscription is answered.
   * @param past `Last-Event-ID`, the token, and the query with its `?`
   */
  static async open(
    port: number,
    video: string,
    past: {
      readonly lastEventId?: string;
      readonly query?: string;
      readonly token?: string;
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ): Promise<TestEventStream> {
    const url = `http://127.0.0.1:${port}/v1/videos/${video}/events${past.query ?? ""}`;
    const headers: Record<string, string> = { accept: "text/event-stream", ...past.headers };
    if (past.lastEventId !== undefined) headers["last-event-id"] = past.lastEventId;
    if (past.token !== undefined) headers["authorization"] = `Bearer ${past.token}`;
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      httpGet(url, { agent: false, headers }, resolve).on("error", reject);
    });
    const stream = new TestEventStream(response);
    await stream.until(() => stream.messages.length > 0 || stream.isEnded);
    if (stream.messages.length > 0) return stream;
    throw new Error(`Unexpected server response: ${response.statusCode}`);
  }

  close(): void {
    this.response.destroy();
  }
}

/** What a viewer requests when it subscribes: which events, and which past ones. */
export interface TestRequest {
  readonly after?: number;
  readonly epoch?: string;
  readonly last?: number;
  readonly kinds?: readonly string[];
  readonly hidden?: boolean;
}

function queryOf({ after, epoch, last, kinds, hidden }: TestRequest): string {
  const query = new URLSearchParams();
  if (kinds !== undefined) query.set("kinds", kinds.join(","));
  if (hidden !== undefined) query.set("hidden", String(hidden));
  if (after !== undefined) query.set("after", `${epoch}:${after}`);
  if (last !== undefined) query.set("last", String(last));
  return query.size === 0 ? "" : `?${query}`;
}

/** A viewer of one video over any wire. */
export async function watch(
  wire: TestWire,
  port: number,
  video: string,
  request: TestRequest = {},
): Promise<TestSocket | TestEventStream> {
  if (wire === "sse") return await TestEventStream.open(port, video, { query: queryOf(request) });
  const socket = await TestSocket.connect(port, wire);
  const answer = await socket.ask("subscribe", { video, ...request });
  if (answer.op !== "result") throw new Error(`subscribe was refused: ${JSON.stringify(answer)}`);
  return socket;
}

/** Publishes over HTTP and returns the status and the body. */
export async function post(
  port: number,
  video: string,
  body: unknown,
  token?: string,
): Promise<{ readonly status: number; readonly body: Readonly<Record<string, unknown>> }> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/videos/${video}/events`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
