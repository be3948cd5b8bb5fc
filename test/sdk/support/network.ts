/**
 * A network between a client and gateways: it can be cut, silenced, redirected, and set to block
 * WebSockets.
 */

import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { Recorder } from "../../support/recorder.ts";

/** A header that asks for a WebSocket. */
const UPGRADE = /^upgrade: websocket/im;

export class Network {
  /** The target of new connections. */
  port: number;
  /** Whether it refuses WebSocket requests, as a proxy without WebSocket support does. */
  blocksWebSockets = false;
  /** Whether a WebSocket is cut as soon as it has carried the answer to its first request. */
  cutsWebSockets = false;
  /** How long data takes, each way. */
  delayMs = 0;
  /** Whether connections are refused. */
  isDown = false;
  /** Whether data from gateways is dropped; data from clients is still forwarded. */
  answersNothing = false;
  /** Files that it serves itself, by path. */
  readonly files = new Map<string, { readonly type: string; readonly body: string }>();
  /** The first line of every request. */
  readonly requests = new Recorder<string>();
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #server = createServer((client) => this.#accept(client));
  #url = "";

  private constructor(port: number) {
    this.port = port;
  }

  static async start(port: number): Promise<Network> {
    const network = new Network(port);
    network.#server.listen(0, "127.0.0.1");
    await once(network.#server, "listening");
    const address = network.#server.address();
    if (typeof address !== "object" || address === null) throw new Error("no address");
    network.#url = `http://127.0.0.1:${address.port}`;
    return network;
  }

  get url(): string {
    return this.#url;
  }

  /** Resets all connections. */
  cut(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.resetAndDestroy();
  }

  /** Silently drops all further data on open connections. */
  silence(): void {
    for (const [client, gateway] of this.#pairs) {
      for (const socket of [client, gateway]) socket.removeAllListeners("data").resume();
    }
  }

  async stop(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }

  #accept(client: Socket): void {
    client.on("error", () => undefined);
    if (this.isDown) return void client.resetAndDestroy();
    const gateway = connect(this.port, "127.0.0.1");
    const pair = [client, gateway] as const;
    this.#pairs.add(pair);
    gateway.on("error", () => client.resetAndDestroy());
    client.on("close", () => {
      this.#pairs.delete(pair);
      gateway.destroy();
    });
    gateway.on("close", () => client.destroy());
    let isWebSocket = false;
    let isAsked = false;
    client.on("data", (bytes) => {
      isAsked = isWebSocket;
      isWebSocket ||= UPGRADE.test(bytes.toString("latin1"));
      if (!this.#intercepts(client, bytes)) this.#pass(bytes, gateway);
    });
    gateway.on("data", (bytes) => {
      if (this.answersNothing) return;
      this.#pass(bytes, client);
      if (isAsked && this.cutsWebSockets) client.destroySoon();
    });
  }

  #pass(bytes: Buffer, to: Socket): void {
    // Timers of the same length keep their order.
    if (this.delayMs > 0) setTimeout(() => to.write(bytes), this.delayMs);
    else to.write(bytes);
  }

  /** Inspects each request; a connection may carry several, all of them small. */
  #intercepts(client: Socket, bytes: Buffer): boolean {
    const text = bytes.toString("latin1");
    const [line] = /^[A-Z]+ \S+ HTTP\/1\.1$/m.exec(text.split("\r\n", 1)[0] ?? "") ?? [];
    if (line === undefined) return false;
    this.requests.take(line);
    const file = this.files.get(/ ([^ ?]+)/.exec(line)?.[1] ?? "");
    if (file !== undefined) {
      const length = Buffer.byteLength(file.body);
      const head = `Content-Type: ${file.type}\r\nContent-Length: ${length}`;
      client.end(`HTTP/1.1 200 OK\r\n${head}\r\nConnection: close\r\n\r\n${file.body}`);
      return true;
    }
    if (!this.blocksWebSockets || !UPGRADE.test(text)) return false;
    client.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    return true;
  }
}
