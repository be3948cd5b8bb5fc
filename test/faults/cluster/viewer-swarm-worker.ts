/**
 * A process of light viewers: thousands of WebSockets that reconnect as the SDK does, each with its
 * position in the comments. It costs little, so that the gateways have the machine to themselves.
 */

import { OPCODE } from "../../../kit/websocket/frames.ts";
import { RawSocket } from "../../../kit/websocket/raw-socket.ts";
import { Backoff } from "../../../shared/lib/backoff.ts";
import { decodeTrustedMsgpack, encodeMsgpack } from "../../../shared/protocol/wire/codec.ts";
import { CONNECT_PATH, type ServerMessage } from "../../../shared/protocol/wire/messages.ts";
import type { OpenSwarm, SwarmCommand, SwarmReport } from "./viewer-swarm-messages.ts";

/** The SDK's defaults. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** How many connect per second at the start, by default. */
const COMING_PER_SECOND = 2_000;
const TENTH_MS = 100;

const ENDPOINT = { path: CONNECT_PATH, subprotocol: "ovation.v1.msgpack" };

const counts = {
  gaps: 0,
  repeated: 0,
  unrecovered: 0,
  returns: 0,
  longestAwayMs: 0,
  longestToldMs: 0,
  sentAway: 0,
  failed: 0,
  likes: 0,
};
let firstTryAt: number | undefined;
let firstSentAwayAt: number | undefined;
let attempts: number[] = [];

/** The same bytes reach hundreds of viewers: each message is decoded once. */
const decoded = new Map<string, ServerMessage>();

function decode(bytes: Buffer, start: number, end: number): ServerMessage {
  const text = bytes.toString("latin1", start, end);
  const known = decoded.get(text);
  if (known !== undefined) return known;
  const message = decodeTrustedMsgpack(Buffer.from(text, "latin1")) as ServerMessage;
  if (decoded.size >= 512) decoded.clear();
  decoded.set(text, message);
  return message;
}

class LightViewer {
  isSubscribed = false;
  /** The seq of its newest comment. */
  seq: number | undefined;
  readonly #setup: OpenSwarm;
  readonly #backoff = new Backoff(0, LONGEST_WAIT_MS, Math.random, FIRST_WAIT_MS);
  #socket: RawSocket | undefined;
  #target: number;
  /** How it steps through the targets, in an order of its own. */
  readonly #step: number;
  #epoch: string | undefined;
  #byeMs: number | undefined;
  #awaySince: number | undefined;
  #lastId = 0;
  #subscribeId = 0;

  constructor(setup: OpenSwarm, index: number) {
    this.#setup = setup;
    const { length } = setup.targets;
    this.#target = setup.together ? 0 : index % length;
    // With three targets, half of the viewers step by one and half by two: either step reaches all.
    this.#step = length > 2 && Math.random() < 0.5 ? length - 1 : 1;
  }

  connect(): void {
    const now = performance.now();
    firstTryAt ??= now;
    const tenth = Math.floor((now - firstTryAt) / TENTH_MS);
    attempts[tenth] = (attempts[tenth] ?? 0) + 1;
    const { targets } = this.#setup;
    const target = targets[this.#target % targets.length];
    if (target === undefined) throw new Error("no target");
    this.#byeMs = undefined;
    this.#lastId = 0;
    const socket = new RawSocket({
      target,
      localAddress: undefined,
      endpoint: ENDPOINT,
      handlers: {
        onOpen: () => {
          this.#ask("connect", {});
          this.#subscribe();
        },
        onMessage: (_opcode, bytes, start, end) => this.#receive(decode(bytes, start, end)),
        onClose: (why) => {
          if (why.includes("1012")) {
            counts.sentAway += 1;
            firstSentAwayAt ??= Date.now();
          }
          this.#closed();
        },
      },
    });
    this.#socket = socket;
  }

  #ask(op: string, fields: object): void {
    this.#lastId += 1;
    const payload = encodeMsgpack({ op, id: this.#lastId, ...fields });
    this.#socket?.send({ opcode: OPCODE.binary, payload });
  }

  #subscribe(): void {
    const { video } = this.#setup;
    const from = this.seq === undefined ? {} : { after: this.seq, epoch: this.#epoch };
    this.#ask("subscribe", { video, ...from });
    this.#subscribeId = this.#lastId;
  }

  #receive(message: ServerMessage): void {
    switch (message.op) {
      case "result":
        if (message.id === this.#subscribeId) this.#subscribed(message);
        return;
      case "error":
        counts.failed += 1;
        return this.#socket?.close();
      case "events": {
        counts.likes += message.counts?.["like"] ?? 0;
        for (const event of message.events) {
          if (event.kind === "like" && message.counts === undefined) counts.likes += 1;
          if (event.seq !== undefined) this.#comment(event.seq, event.prev ?? 0);
        }
        return;
      }
      case "bye":
        this.#byeMs = message.reconnectAfterMs;
        counts.longestToldMs = Math.max(counts.longestToldMs, message.reconnectAfterMs);
        this.#awaySince = performance.now();
        return;
      case "reset":
        counts.unrecovered += 1;
        return;
      default:
        return;
    }
  }

  #subscribed({ seq, epoch, recovered }: Extract<ServerMessage, { op: "result" }>): void {
    this.#subscribeId = 0;
    this.#backoff.reset();
    if (this.seq !== undefined && recovered !== true) counts.unrecovered += 1;
    this.seq ??= seq;
    this.#epoch = epoch;
    this.isSubscribed = true;
    if (this.#awaySince === undefined) return;
    counts.returns += 1;
    const away = performance.now() - this.#awaySince;
    counts.longestAwayMs = Math.max(counts.longestAwayMs, away);
    this.#awaySince = undefined;
  }

  #comment(seq: number, prev: number): void {
    // Comments that arrive before the answer are not part of the chain yet.
    if (this.#subscribeId !== 0 || this.seq === undefined) return;
    if (seq <= this.seq) {
      counts.repeated += 1;
    } else if (prev === this.seq) {
      this.seq = seq;
    } else {
      // A viewer that read too slowly asks for what it missed, and must get it.
      counts.gaps += 1;
      this.#ask("unsubscribe", { video: this.#setup.video });
      this.#subscribe();
    }
  }

  #closed(): void {
    if (!this.isSubscribed) counts.failed += 1;
    else this.#awaySince ??= performance.now();
    this.isSubscribed = false;
    this.#target += this.#step;
    setTimeout(() => this.connect(), this.#byeMs ?? this.#backoff.nextMs());
  }
}

const viewers: LightViewer[] = [];

function report(): SwarmReport {
  const seqs = viewers.map(({ seq = 0 }) => seq);
  return {
    ...counts,
    firstSentAwayAt,
    viewers: viewers.length,
    subscribed: viewers.filter(({ isSubscribed }) => isSubscribed).length,
    oldestSeq: Math.min(...seqs),
    newestSeq: Math.max(...seqs),
    attempts: Array.from(attempts, (count) => count ?? 0),
  };
}

process.on("message", (command: SwarmCommand) => {
  if (command.what === "open") {
    const { comingPerSecond = COMING_PER_SECOND } = command;
    for (let index = 0; index < command.viewers; index += 1) {
      const viewer = new LightViewer(command, index);
      viewers.push(viewer);
      setTimeout(() => viewer.connect(), (index / comingPerSecond) * 1_000);
    }
  } else if (command.what === "forget") {
    for (const key of Object.keys(counts) as (keyof typeof counts)[]) counts[key] = 0;
    firstTryAt = undefined;
    firstSentAwayAt = undefined;
    attempts = [];
  }
  process.send?.(report());
});
process.on("disconnect", () => process.exit());
