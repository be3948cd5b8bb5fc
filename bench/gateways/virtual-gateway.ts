/**
 * A gateway without viewers: it has a connection to NATS, gets what dispatchers send to it, and
 * publishes likes as a gateway does, those of a time in one request while the one before is under
 * way. Only what it does on NATS is real.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import {
  type EncodedEvent,
  encodeEvent,
  encodeRequest,
} from "../../shared/protocol/bus-request.ts";
import { decodeFanoutMessage } from "../../shared/protocol/fanout-message.ts";
import { DEFAULT_PARTITIONS, partitionOf } from "../../shared/protocol/partitions.ts";
import { frontendSubject, gatewayPublishSubject } from "../../shared/protocol/subjects.ts";
import { decodeTrustedMsgpack } from "../../shared/protocol/wire/codec.ts";
import { nowUs } from "../clock.ts";
import type { NatsTarget } from "../control/messages.ts";
import { type Histogram, record } from "../latency.ts";
import { WireReader } from "./wire-reader.ts";

const LINE_END = Buffer.from("\r\n");
const ANSWERS = "1";
const EVENTS = "2";
const LIKE: EncodedEvent = { input: { kind: "like" }, bytes: encodeEvent({ kind: "like" }) };
/** Most likes in one request; a gateway has the same bound. */
const MOST_LIKES = 1_000;

export class VirtualGateway {
  readonly id: string;
  /** Messages of dispatchers, and their bytes. */
  messages = 0;
  bytes = 0;
  /** Likes that were accepted, refused, and shown or counted to it; the last only where it counts. */
  accepted = 0;
  refused = 0;
  likes = 0;
  requests = 0;
  readonly #socket: Socket;
  /** Of its requests. */
  readonly #subject: string;
  readonly #inbox: string;
  readonly #isCounting: boolean;
  readonly #times: Histogram;
  /** Likes that wait for the next request. */
  #waiting = 0;
  #underWay = 0;
  #sentUs = 0;

  private constructor(socket: Socket, options: VirtualGatewayOptions) {
    this.id = options.id;
    this.#socket = socket;
    const { video } = options;
    this.#subject = gatewayPublishSubject(partitionOf(video, DEFAULT_PARTITIONS), video);
    this.#isCounting = options.isCounting;
    this.#times = options.times;
    this.#inbox = `_INBOX.gateway.${options.id}`;
  }

  /** Resolves when NATS has processed its subscriptions. */
  static async open(options: VirtualGatewayOptions): Promise<VirtualGateway> {
    const { host, port, user, password } = options.nats;
    const socket = connect({ host, port, noDelay: true });
    await once(socket, "connect");
    const gateway = new VirtualGateway(socket, options);
    const ready = Promise.withResolvers<void>();
    const reader = new WireReader({
      onMessage: (subscription, payload) => {
        if (subscription === ANSWERS) gateway.#answered(payload);
        else gateway.#received(payload);
      },
      onPing: () => socket.write("PONG\r\n"),
      onPong: () => ready.resolve(),
    });
    socket.on("data", (chunk) => reader.push(chunk));
    socket.once("close", () =>
      ready.reject(new Error("NATS closed a virtual gateway's connection")),
    );
    const login = { user, pass: password, verbose: false, pedantic: false, name: "ovation-bench" };
    socket.write(
      `CONNECT ${JSON.stringify({ ...login, lang: "bench" })}\r\n` +
        `SUB ${gateway.#inbox} ${ANSWERS}\r\n` +
        `SUB ${frontendSubject(options.id, options.video)} ${EVENTS}\r\nPING\r\n`,
    );
    await ready.promise;
    return gateway;
  }

  /** Likes that its viewers publish now. */
  publish(likes: number): void {
    this.#waiting += likes;
    if (this.#underWay === 0) this.#send();
  }

  /** Whether everything that was published has its answer. */
  get isIdle(): boolean {
    return this.#underWay === 0 && this.#waiting === 0;
  }

  close(): void {
    this.#socket.destroy();
  }

  #send(): void {
    const likes = Math.min(this.#waiting, MOST_LIKES);
    if (likes === 0) return;
    this.#waiting -= likes;
    this.#underWay = likes;
    this.#sentUs = nowUs();
    this.requests += 1;
    const request = encodeRequest(new Array<EncodedEvent>(likes).fill(LIKE), Date.now());
    const head = `PUB ${this.#subject} ${this.#inbox} ${request.length}\r\n`;
    this.#socket.write(Buffer.concat([Buffer.from(head), request, LINE_END]));
  }

  #answered(payload: Buffer): void {
    const answer = decodeTrustedMsgpack(payload);
    const isAccepted = typeof answer === "object" && answer !== null && "accepted" in answer;
    if (isAccepted) this.accepted += this.#underWay;
    else this.refused += this.#underWay;
    this.#underWay = 0;
    record(this.#times, nowUs() - this.#sentUs);
    this.#send();
  }

  #received(payload: Buffer): void {
    this.messages += 1;
    this.bytes += payload.length;
    if (!this.#isCounting) return;
    const message = decodeFanoutMessage(payload);
    if (message?.form !== "events") return;
    const { events, counted = [] } = message;
    for (const { deliveryClass } of events) if (deliveryClass === "transient") this.likes += 1;
    for (const { count } of counted) this.likes += count;
  }
}

interface VirtualGatewayOptions {
  readonly id: string;
  readonly nats: NatsTarget;
  readonly video: string;
  /** Whether it reads what it gets, to count the likes; that costs more than receiving it. */
  readonly isCounting: boolean;
  /** Gets how long each request took. */
  readonly times: Histogram;
}
