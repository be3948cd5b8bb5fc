/** What no well-behaved client does: raw bytes over TCP, odd HTTP, and sniffing the whole bus. */
import { EventEmitter, once } from "node:events";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { connect as connectTcp, type Socket } from "node:net";
import type { NatsConnection } from "nats";
import { decodeTrustedMsgpack, encode } from "../../shared/protocol/wire/codec.ts";
import { connectTo } from "./nats-users.ts";
import { post, type TestSocket } from "./viewer.ts";

/** A TCP connection to a gateway, byte by byte. */
export class RawSocket {
  readonly #socket: Socket;
  readonly #changes = new EventEmitter();
  #received = "";
  isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => {
      this.#received += text;
      this.#changes.emit("change");
    });
    socket.on("close", () => {
      this.isClosed = true;
      this.#changes.emit("change");
    });
    socket.on("error", () => undefined); // A close event follows.
  }

  static async open(port: number): Promise<RawSocket> {
    const socket = connectTcp({ port, host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    return new RawSocket(socket);
  }

  write(bytes: string | Uint8Array): void {
    if (typeof bytes === "string") this.#socket.write(bytes, "latin1");
    else this.#socket.write(bytes);
  }

  /** Half-closes the connection; the other end may still answer. */
  finish(): void {
    this.#socket.end();
  }

  /** Resets the connection. */
  destroy(): void {
    // Node can't reset a socket that it is already shutting down: it would stay open forever.
    if (this.#socket.writableEnded) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  async untilClosed(): Promise<void> {
    while (!this.isClosed) await once(this.#changes, "change");
  }

  /**
   * Consumes as many received bytes as `read` uses.
   * @param read undefined: more bytes are needed
   * @returns undefined if the connection closes before there is enough
   */
  async take<T>(
    read: (bytes: Buffer) => { readonly value: T; readonly used: number } | undefined,
  ): Promise<T | undefined> {
    for (;;) {
      const taken = read(Buffer.from(this.#received, "latin1"));
      if (taken !== undefined) {
        this.#received = this.#received.slice(taken.used);
        return taken.value;
      }
      if (this.isClosed) return undefined;
      await once(this.#changes, "change");
    }
  }

  /** Resolves when the received bytes contain the text. */
  async untilReceived(text: string): Promise<void> {
    while (!this.#received.includes(text)) {
      if (this.isClosed) throw new Error(`closed after ${JSON.stringify(this.#received)}`);
      await once(this.#changes, "change");
    }
  }

  /** Consumes the next HTTP response. */
  async response(): Promise<HttpAnswer> {
    return await this.#response(false);
  }

  /** As {@link response}, to a HEAD request: whatever its headers say, no body follows. */
  async headResponse(): Promise<HttpAnswer> {
    return await this.#response(true);
  }

  async #response(isHead: boolean): Promise<HttpAnswer> {
    for (;;) {
      const answer = this.#takeResponse(isHead);
      if (answer !== undefined) return answer;
      if (this.isClosed) throw new Error(`closed after ${JSON.stringify(this.#received)}`);
      await once(this.#changes, "change");
    }
  }

  #takeResponse(isHead: boolean): HttpAnswer | undefined {
    const [head = "", ...rest] = this.#received.split("\r\n\r\n");
    if (rest.length === 0) return undefined;
    const [status = "", ...lines] = head.split("\r\n");
    const headers = Object.fromEntries(
      lines.map((line) => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    const code = Number(status.split(" ")[1]);
    // RFC 9112 section 6.3: these have no body, whatever their headers say.
    const isBodiless = isHead || code === 204 || code === 304;
    const length = isBodiless ? 0 : Number(headers["content-length"] ?? 0);
    const after = rest.join("\r\n\r\n");
    if (after.length < length) return undefined;
    this.#received = after.slice(length);
    const body = Buffer.from(after.slice(0, length), "latin1");
    return new HttpAnswer(code, headers, body);
  }
}

/** A gateway's HTTP response. */
export class HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;

  constructor(status: number, headers: IncomingHttpHeaders, bytes: Buffer) {
    this.status = status;
    this.headers = headers;
    this.bytes = bytes;
  }

  get body(): Readonly<Record<string, unknown>> {
    const isMsgpack = this.headers["content-type"] === "application/msgpack";
    const body = isMsgpack ? decodeTrustedMsgpack(this.bytes) : JSON.parse(this.bytes.toString());
    return body as Record<string, unknown>;
  }

  /** The error in its body; only for error responses. */
  get error(): Readonly<Record<string, unknown>> {
    return this.body["error"] as Record<string, unknown>;
  }
}

interface HttpQuestion {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** One HTTP request on a connection of its own; its path is sent as it stands. */
export async function ask(port: number, question: HttpQuestion): Promise<HttpAnswer> {
  const { method = "GET", path, headers = {}, body } = question;
  const request = httpRequest({ host: "127.0.0.1", port, method, path, headers, agent: false });
  const responded = once(request, "response");
  request.end(body);
  const [response] = await responded;
  // A request refused before its body is complete may find the connection closed while sending.
  request.on("error", () => undefined);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return new HttpAnswer(response.statusCode, response.headers, Buffer.concat(chunks));
}

/** Publishes over HTTP with any bytes as the body. */
export async function postBytes(
  port: number,
  video: string,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = { "content-type": "application/json" },
): Promise<HttpAnswer> {
  return await ask(port, { method: "POST", path: `/v1/videos/${video}/events`, headers, body });
}

/** Sends several messages in one write, so that they arrive in one read. */
export function burst(socket: TestSocket, messages: readonly unknown[]): void {
  const tcp: Socket = Reflect.get(socket.socket, "_socket");
  tcp.cork();
  for (const message of messages) socket.sendMessage(message);
  tcp.uncork();
}

/** Sends bytes as one message, of the type that the connection's subprotocol requires. */
export function sendBytes(socket: TestSocket, bytes: Uint8Array): void {
  socket.socket.send(bytes, { binary: socket.socket.protocol === "ovation.v1.msgpack" });
}

/** The bytes of a msgpack map with one more field, whose value is already encoded. */
export function msgpackWith(fields: object, key: string, value: Uint8Array): Buffer {
  const map = encode("msgpack", { ...fields, [key]: null });
  return Buffer.concat([map.subarray(0, -1), value]);
}

/** Marks data that must not be published. */
export const FOREIGN = "foreign-to-the-bus";
/** Only videos with names like this may appear on the bus. */
const OURS = "ok-[a-z0-9-]+";
const OUR_SUBJECTS = new RegExp(
  `^(ov\\.(gateway\\.publish|gateway\\.retract|count)(\\.\\d+)?\\.${OURS}|ov\\.history\\.${OURS}|ov\\.dispatching\\.[a-z0-9]+|ov\\.history\\.~|ov\\.stored\\.${OURS}\\.\\d+|ov\\.spending\\.[a-z0-9]+|ov\\.inspect\\.[a-z0-9-]+|ov\\.(frontend|watched)\\.[a-z0-9]+\\.${OURS}|(_INBOX|_R_)\\..+|\\$JS\\..+` +
    `|(\\$KV|ov\\.changes)\\.ov_subscriptions\\.${OURS}\\.[a-z0-9]+|(\\$KV|ov\\.changes)\\.ov_frontends\\.[a-z0-9]+|\\$KV\\.(ov_totals\\.${OURS}|ov_timeline\\.${OURS}\\.\\d+))$`,
);

/** Sees every message on the bus. */
export class BusSniffer {
  readonly #connection: NatsConnection;
  readonly #seen = new EventEmitter();
  readonly #foreign: string[] = [];

  private constructor(connection: NatsConnection) {
    this.#connection = connection;
    connection.subscribe(">", {
      callback: (_error, { subject, data }) => {
        const isOurs = OUR_SUBJECTS.test(subject) && !Buffer.from(data).includes(FOREIGN);
        if (!isOurs) this.#foreign.push(subject);
        this.#seen.emit("message", data);
      },
    });
  }

  static async start(natsUrl: string): Promise<BusSniffer> {
    const sniffer = new BusSniffer(await connectTo(natsUrl));
    await sniffer.#connection.flush();
    return sniffer;
  }

  /**
   * Publishes a like of the video `ok-fence` and resolves with its data when it is seen. A gateway's
   * messages keep their order, so by then everything that it sent before has been seen.
   */
  async fence(port: number): Promise<string> {
    const fence = `fence-${crypto.randomUUID()}`;
    const seen = Promise.withResolvers<void>();
    const look = (payload: Uint8Array) => {
      if (Buffer.from(payload).includes(fence)) seen.resolve();
    };
    this.#seen.on("message", look);
    const { status } = await post(port, "ok-fence", { kind: "like", data: fence });
    if (status !== 200) throw new Error(`the fence was refused: ${status}`);
    await seen.promise;
    this.#seen.off("message", look);
    return fence;
  }

  /** The subjects of messages since the last call that should not be on the bus. */
  takeForeign(): readonly string[] {
    return this.#foreign.splice(0);
  }

  async stop(): Promise<void> {
    await this.#connection.close();
  }
}
