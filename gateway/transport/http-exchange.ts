/**
 * One HTTP request and its response. The listener's raw request can be read only while its handler
 * runs, and the raw response throws when it is used after its end; this class owns both.
 */
import { STATUS_CODES } from "node:http";
import { TRACEPARENT, TRACESTATE } from "../../shared/runtime/tracing/trace-context.ts";
import type { BodyRoom } from "../limits/body-budget.ts";
import type { HttpConnection } from "./open-connections.ts";
import type { RawRequest, RawResponse } from "./raw-http.ts";
import { type BodyReading, RequestBody } from "./request-body.ts";
import { REQUEST_ID, requestIdOf } from "./request-id.ts";
import { ResponseStream } from "./response-stream.ts";

type Headers = Readonly<Record<string, string>>;

/** Headers that a handler may need later, copied while they can be read. */
const COPIED_HEADERS = [
  "accept",
  "accept-encoding",
  "access-control-request-headers",
  "access-control-request-method",
  "authorization",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "host",
  "if-none-match",
  "last-event-id",
  "origin",
  TRACEPARENT,
  TRACESTATE,
  REQUEST_ID,
] as const;
/**
 * How long the addon keeps an idle connection open at least: its fixed timeout is 10 s, checked
 * every 4 s. Clients and proxies must stop using the connection before that.
 */
const IDLE_SECONDS = 8;
const KEEP_ALIVE = { Connection: "keep-alive", "Keep-Alive": `timeout=${IDLE_SECONDS}` };
const CLOSED = { Connection: "close" };
/** Statuses whose response ends with its head (RFC 9112 section 6.3). */
const BODILESS: ReadonlySet<number> = new Set([204, 304]);
/** A body that nobody reads is received up to this length, so that its connection can stay. */
const DROPPED_BODY_BYTES = 65_536;
const FORWARDED_FOR = "x-forwarded-for";
type CopiedHeader = (typeof COPIED_HEADERS)[number];

/**
 * All values of `X-Forwarded-For`, in order: a proxy may add its own line below one that the client
 * forged, and the last one counts.
 */
export function forwardedFor(request: Pick<RawRequest, "getHeader" | "forEach">): string {
  if (request.getHeader(FORWARDED_FOR) === "") return "";
  const values: string[] = [];
  request.forEach((name, value) => {
    if (name === FORWARDED_FOR) values.push(value);
  });
  return values.join(",");
}

function statusLine(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? ""}`.trimEnd();
}

export class HttpExchange {
  readonly method: string;
  /** The path below the base path; empty when it is not below it. */
  readonly path: string;
  /** Whether the path is the base path itself, without a trailing slash. */
  readonly isBase: boolean;
  readonly basePath: string;
  readonly query: URLSearchParams;
  /** Its id, in the answer and in the log. */
  readonly requestId: string;
  /** The other end's address, 4 or 16 bytes. */
  readonly peer: Uint8Array;
  /** All values of `X-Forwarded-For`. */
  readonly forwardedFor: string;
  /** Headers of every response to this request, besides its own. */
  commonHeaders: Headers = {};
  /** Whether the connection ends with the response. */
  isLast = false;
  /** Of the answer; undefined before it. */
  status: number | undefined;
  readonly #headers: ReadonlyMap<CopiedHeader, string>;
  readonly #response: RawResponse;
  readonly #connection: HttpConnection;
  readonly #closeListeners: (() => void)[] = [];
  #state: "unanswered" | "streaming" | "closing" | "over" = "unanswered";
  #body: RequestBody | undefined;
  #isHeld = false;
  #isReadParsed = false;

  /**
   * Must be made while the request's handler runs.
   * @param basePath the prefix of every path, without a trailing slash
   */
  constructor(
    response: RawResponse,
    request: RawRequest,
    basePath: string,
    connection: HttpConnection,
  ) {
    this.method = request.getCaseSensitiveMethod();
    const path = request.getUrl();
    this.path = path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : "";
    this.isBase = path === basePath;
    this.basePath = basePath;
    this.query = new URLSearchParams(request.getQuery() ?? "");
    this.#headers = new Map(COPIED_HEADERS.map((name) => [name, request.getHeader(name)]));
    this.requestId = requestIdOf(this.header(REQUEST_ID));
    this.forwardedFor = forwardedFor(request);
    this.peer = new Uint8Array(response.getRemoteAddress()).slice();
    this.#response = response;
    this.#connection = connection;
    response.onAborted(() => this.#closed());
  }

  /** False once the request was answered or the client disconnected. */
  get isOpen(): boolean {
    return this.#state === "unanswered" || this.#state === "streaming";
  }

  header(name: CopiedHeader): string {
    return this.#headers.get(name) ?? "";
  }

  /** Calls back when the client disconnects before the end. */
  onClose(listener: () => void): void {
    this.#closeListeners.push(listener);
  }

  /**
   * What arrives of the body is kept from now on, for {@link readBody}; called while the request's
   * handler runs.
   * @param room checked for each chunk
   */
  receiveBody(room: BodyRoom): void {
    this.#body = new RequestBody({
      response: this.#response,
      declaredBytes: this.declaredBytes,
      room,
      onComplete: () => this.hold(),
    });
    this.onClose(() => this.#body?.ended());
  }

  /** How long the body is. */
  get declaredBytes(): number {
    return Number(this.header("content-length"));
  }

  /** Reads the body: see {@link RequestBody.read}. */
  async readBody(reading: BodyReading): Promise<Uint8Array> {
    if (this.#body === undefined) throw new Error("receiveBody() must be called first");
    const bytes = await this.#body.read(reading);
    await this.afterRead();
    return bytes;
  }

  /**
   * Stops reading from the connection until this request is answered, unless it already is or its
   * body is still arriving. The addon ends a connection whose next request arrives before the
   * answer. Not for streams: the addon would end them when nothing is written for 10 seconds.
   */
  hold(): void {
    if (this.#state !== "unanswered" || this.#isHeld) return;
    if (this.#body?.isComplete === false) return;
    this.#isHeld = true;
    this.#response.pause();
    // Otherwise the addon considers the connection idle and closes it after 10 seconds.
    this.#response.onWritable(() => true);
  }

  /**
   * Resolves when all that arrived in the same read as this request was parsed. Never resolves when
   * the connection has ended by then: there was a second request too, and neither is answered.
   */
  async afterRead(): Promise<void> {
    await new Promise<void>((resolve) => {
      setImmediate(() => {
        this.#isReadParsed = true;
        if (this.isOpen) resolve();
      });
    });
  }

  /**
   * Answers, once; does nothing when the client has gone. A response that can't have a body is sent
   * as its head only.
   */
  respond(status: number, headers: Headers, body: string | Uint8Array): void {
    if (!this.#answers(status)) return;
    // Closed if the client may still be sending a refused body, or one without a known end.
    const closes = this.#isLastHere || [408, 411, 413].includes(status) || this.#isTooMuchLeft();
    if (BODILESS.has(status)) this.#respondWithHead(status, headers, closes);
    else if (this.method === "HEAD" && !closes) {
      // The length that GET's body would have (RFC 9110 section 8.6).
      const length = String(Buffer.byteLength(body));
      this.#respondWithHead(status, { ...headers, "Content-Length": length }, false);
    } else {
      // Where we close, the addon adds the header.
      const kept = closes ? {} : KEEP_ALIVE;
      const all = { ...headers, ...(this.#asksToClose ? CLOSED : kept) };
      const end = () => {
        this.#end(() => {
          this.#begin(status, all);
          // The addon closes the connection only with a body, so this HEAD gets a length of 0.
          this.#response.end(this.method === "HEAD" ? "" : body, closes);
        });
      };
      if (closes && !this.#isReadParsed) this.#afterAllRead(end);
      else end();
    }
  }

  /**
   * For an answer with which the connection ends. Given at once, the addon would read on: it takes
   * what follows for the next request, and forgets to close. While there is no answer, it ends the
   * connection there instead.
   */
  #afterAllRead(end: () => void): void {
    this.#state = "closing";
    setImmediate(() => {
      if (this.#state !== "closing") return;
      this.#state = "over";
      end();
    });
  }

  /** Answers without a body, once; HEAD gets no length. */
  respondWithoutBody(status: number, headers: Headers): void {
    if (this.method !== "HEAD") this.respond(status, headers, "");
    else if (this.#answers(status)) this.#respondWithHead(status, headers, this.#isLastHere);
  }

  get #isLastHere(): boolean {
    return this.isLast || !this.#connection.canStay;
  }

  #end(send: () => void): void {
    this.#connection.answer(() => this.#response.cork(send));
  }

  /** Whether more of the body may follow than is worth receiving to keep the connection. */
  #isTooMuchLeft(): boolean {
    const body = this.#body;
    if (body === undefined || body.isComplete) return false;
    if (body.declaredBytes > DROPPED_BODY_BYTES) return true;
    body.drop();
    return false;
  }

  /** If so, the addon closes by itself, but does not send the header (RFC 9112 section 9.6). */
  get #asksToClose(): boolean {
    return /(?:^|,)\s*close\s*(?:,|$)/i.test(this.header("connection"));
  }

  #respondWithHead(status: number, headers: Headers, closes: boolean): void {
    const isClosed = closes || this.#asksToClose;
    this.#end(() => {
      this.#begin(status, { ...headers, ...(isClosed ? CLOSED : KEEP_ALIVE) });
      this.#response.endWithoutBody();
    });
  }

  /** Ends the connection without a response, or in the middle of one. */
  abandon(): void {
    if (this.#state !== "over") this.#response.close();
  }

  /** Starts a response without a fixed end, such as a stream of events. */
  stream(headers: Headers): ResponseStream {
    const stream = new ResponseStream(this.#response, (end) => {
      this.#state = "over";
      this.#end(end);
    });
    this.#closeListeners.unshift(() => stream.closed());
    if (this.#state === "unanswered") {
      this.#state = "streaming";
      this.#connection.becomesViewers();
      this.#response.cork(() => this.#begin(200, headers));
    } else stream.closed();
    return stream;
  }

  /** Whether the request can still be answered. A stream can't: the failure ends it. */
  #answers(status: number): boolean {
    if (this.#state === "streaming") this.abandon();
    if (this.#state !== "unanswered") return false;
    this.#state = "over";
    this.status = status;
    return true;
  }

  #begin(status: number, headers: Headers): void {
    if (this.#isHeld) this.#response.resume();
    this.#response.writeStatus(statusLine(status));
    const all = { ...this.commonHeaders, "X-Request-Id": this.requestId, ...headers };
    for (const [name, value] of Object.entries(all)) this.#response.writeHeader(name, value);
  }

  #closed(): void {
    this.#state = "over";
    this.#connection.aborted();
    for (const listener of this.#closeListeners) listener();
  }
}
