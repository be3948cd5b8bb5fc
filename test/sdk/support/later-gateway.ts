/**
 * A stand-in for what no gateway does on demand, or not yet: it checks tokens, asks for fresh ones,
 * leaves gaps, can't read its history, or is newer than this SDK. It speaks the protocol of
 * docs/protocol.md over a real WebSocket, and answers unscripted requests with a result.
 */
import { once } from "node:events";
import { type WebSocket, WebSocketServer } from "ws";
import { decode, encode } from "../../../shared/protocol/wire/codec.ts";
import { Recorder } from "../../support/recorder.ts";

/** A request as received. */
export interface Asked {
  readonly op: string;
  readonly id: number;
  readonly [field: string]: unknown;
}

/** Handles a request: returns the fields of its answer, or `undefined` for no answer. */
export type Script = (asked: Asked, socket: LaterSocket) => object | undefined;

export class LaterSocket {
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  send(message: object): void {
    this.#socket.send(encode("msgpack", message));
  }

  close(code: number, reason = ""): void {
    this.#socket.close(code, reason);
  }
}

export const refused = (code: string) => ({ op: "error", code, message: `refused: ${code}` });

export class LaterGateway {
  readonly asked = new Recorder<Asked>();
  readonly sockets: LaterSocket[] = [];
  readonly #server = new WebSocketServer({
    host: "127.0.0.1",
    port: 0,
    path: "/v1/connect",
    handleProtocols: () => "ovation.v1.msgpack",
  });
  readonly #script: Script;

  private constructor(script: Script) {
    this.#script = script;
    this.#server.on("connection", (socket) => this.#accept(socket));
  }

  static async start(script: Script): Promise<LaterGateway> {
    const gateway = new LaterGateway(script);
    await once(gateway.#server, "listening");
    return gateway;
  }

  get url(): string {
    const address = this.#server.address();
    if (typeof address !== "object" || address === null) throw new Error("no address");
    return `ws://127.0.0.1:${address.port}`;
  }

  /** The requests of one kind. */
  of(op: string): readonly Asked[] {
    return this.asked.all.filter((asked) => asked.op === op);
  }

  async stop(): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
    await once(this.#server, "close");
  }

  #accept(raw: WebSocket): void {
    const socket = new LaterSocket(raw);
    this.sockets.push(socket);
    raw.on("message", (bytes: Buffer) => {
      const asked = decode("msgpack", bytes) as Asked;
      const fields = this.#script(asked, socket);
      if (fields !== undefined) socket.send({ op: "result", id: asked.id, ...fields });
      this.asked.take(asked);
    });
  }
}
