/**
 * A simulated viewer: a real WebSocket that watches a video, ignores what it receives, and sometimes
 * likes, reacts, comments or votes. It reconnects when its gateway goes, as a viewer would.
 */
import { randomUUID } from "node:crypto";
import { WebSocket } from "ws";
import { Backoff } from "../../shared/lib/backoff.ts";
import { encodeMsgpack } from "../../shared/protocol/wire/codec.ts";

const SUBPROTOCOL = "ovation.v1.msgpack";
const BACK_MIN_MS = 50;
const BACK_MAX_MS = 2_000;

interface SimulatedViewerOptions {
  /** URL of a gateway, with `ws:`. */
  readonly url: string;
  readonly video: string;
  readonly token: string | undefined;
  /** Called with 1 when it connects and -1 when it disconnects. */
  readonly onChange: (change: 1 | -1) => void;
}

export class SimulatedViewer {
  readonly #options: SimulatedViewerOptions;
  readonly #backoff = new Backoff(BACK_MIN_MS, BACK_MAX_MS);
  readonly #actor = `crowd-${randomUUID()}`;
  #socket: WebSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isConnected = false;
  #hasLeft = false;
  #requests = 0;

  constructor(options: SimulatedViewerOptions) {
    this.#options = options;
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  enter(): void {
    const { url, video, token } = this.#options;
    const socket = new WebSocket(`${url}/v1/connect`, SUBPROTOCOL, { perMessageDeflate: false });
    this.#socket = socket;
    this.#requests = 0;
    socket.on("open", () => {
      this.#send({ op: "connect", ...(token === undefined ? {} : { token }) });
      this.#send({ op: "subscribe", video });
      this.#backoff.reset();
      this.#count(true);
    });
    socket.on("error", () => undefined); // The close event that follows is handled.
    socket.on("close", () => {
      this.#count(false);
      if (this.#hasLeft) return;
      this.#timer = setTimeout(() => this.enter(), this.#backoff.nextMs());
    });
  }

  leave(): void {
    this.#hasLeft = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
    this.#count(false);
  }

  /** Publishes an event, as a viewer does. */
  publish(kind: string, data?: unknown): void {
    if (!this.#isConnected) return;
    const { video } = this.#options;
    this.#send({ op: "publish", video, kind, ...(data === undefined ? {} : { data }) });
  }

  /** Comments, as somebody: a moderator can mute it. */
  comment(data: unknown): void {
    if (!this.#isConnected) return;
    const { video } = this.#options;
    this.#send({ op: "publish", video, kind: "comment", data, actor: this.#actor });
  }

  /** Votes, or changes its vote. */
  vote(poll: string, choice: number): void {
    if (!this.#isConnected) return;
    const { video } = this.#options;
    this.#send({ op: "publish", video, kind: "vote", data: { poll, choice }, actor: this.#actor });
  }

  #send(request: object): void {
    this.#requests += 1;
    this.#socket?.send(encodeMsgpack({ ...request, id: this.#requests }));
  }

  #count(isConnected: boolean): void {
    if (this.#isConnected === isConnected) return;
    this.#isConnected = isConnected;
    this.#options.onChange(isConnected ? 1 : -1);
  }
}
