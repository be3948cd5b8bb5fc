/**
 * A process of light viewers: thousands of WebSockets that come back as the SDK does, each with its
 * place in the comments. What it costs is little, so that the gateways have the machine.
 */

import { RawSocket } from "../../../bench/viewers/raw-socket.ts";
import type { Dialect } from "../../../bench/wire/dialect.ts";
import { OPCODE } from "../../../bench/wire/frames.ts";
import { Backoff } from "../../../shared/lib/backoff.ts";
import { decodeTrustedMsgpack, encodeMsgpack } from "../../../shared/protocol/wire/codec.ts";
import { CONNECT_PATH, type ServerMessage } from "../../../shared/protocol/wire/messages.ts";
import type { OpenSwarm, ThrongCommand, ThrongReport } from "./viewer-swarm-messages.ts";

/** The SDK's defaults. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** At the beginning, so many come in a second, unless it is said otherwise. */
const COMING_PER_SECOND = 2_000;
const TENTH_MS = 100;

const HANDSHAKE = { path: CONNECT_PATH, subprotocol: "ovation.v1.msgpack" } as Dialect;

const account = {
  gaps: 0,
  repeated: 0,
  unrecovered: 0,
  returns: 0,
  longestAwayMs: 0,
  sentAway: 0,
  failed: 0,
  likes: 0,
};
let firstTryAt: number | undefined;
let firstSentAwayAt: number | undefined;
let attempts: number[] = [];

/** The same bytes go to hundreds of viewers: each message is decoded once. */
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
  /** The place of its newest comment. */
  seq: number | undefined;
  readonly #setup: OpenSwarm;
  readonly #backoff = new Backoff(0, LONGEST_WAIT_MS, Math.random, FIRST_WAIT_MS);
  #socket: RawSocket | undefined;
  #target: number;
  /** It goes through the targets in an order of its own. */
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
    // Of three targets, one half goes on by one and the other by two: all are reached by either.
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
      dialect: HANDSHAKE,
      handlers: {
        onOpen: () => {
          this.#ask("connect", {});
          this.#subscribe();
        },
        onMessage: (_opcode, bytes, start, end) => this.#receive(decode(bytes, start, end)),
        onClose: (why) => {
          if (why.includes("1012")) {
            account.sentAway += 1;
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
        account.failed += 1;
        return this.#socket?.close();
      case "events": {
        account.likes += message.counts?.["like"] ?? 0;
        for (const event of message.events) {
          if (event.kind === "like" && message.counts === undefined) account.likes += 1;
          if (event.seq !== undefined) this.#comment(event.seq, event.prev ?? 0);
        }
        return;
      }
      case "bye":
        this.#byeMs = message.reconnectAfterMs;
        this.#awaySince = performance.now();
        return;
      case "reset":
        account.unrecovered += 1;
        return;
      default:
        return;
    }
  }

  #subscribed({ seq, epoch, recovered }: Extract<ServerMessage, { op: "result" }>): void {
    this.#subscribeId = 0;
    this.#backoff.reset();
    if (this.seq !== undefined && recovered !== true) account.unrecovered += 1;
    this.seq ??= seq;
    this.#epoch = epoch;
    this.isSubscribed = true;
    if (this.#awaySince === undefined) return;
    account.returns += 1;
    const away = performance.now() - this.#awaySince;
    account.longestAwayMs = Math.max(account.longestAwayMs, away);
    this.#awaySince = undefined;
  }

  #comment(seq: number, prev: number): void {
    // What comes before the answer is not in the chain yet.
    if (this.#subscribeId !== 0 || this.seq === undefined) return;
    if (seq <= this.seq) {
      account.repeated += 1;
    } else if (prev === this.seq) {
      this.seq = seq;
    } else {
      // A viewer that read too slowly asks for what it missed; it must get it.
      account.gaps += 1;
      this.#ask("unsubscribe", { video: this.#setup.video });
      this.#subscribe();
    }
  }

  #closed(): void {
    if (!this.isSubscribed) account.failed += 1;
    else this.#awaySince ??= performance.now();
    this.isSubscribed = false;
    this.#target += this.#step;
    setTimeout(() => this.connect(), this.#byeMs ?? this.#backoff.nextMs());
  }
}

const viewers: LightViewer[] = [];

function report(): ThrongReport {
  const seqs = viewers.map(({ seq = 0 }) => seq);
  return {
    ...account,
    firstSentAwayAt,
    viewers: viewers.length,
    subscribed: viewers.filter(({ isSubscribed }) => isSubscribed).length,
    oldestSeq: Math.min(...seqs),
    newestSeq: Math.max(...seqs),
    attempts: Array.from(attempts, (count) => count ?? 0),
  };
}

process.on("message", (command: ThrongCommand) => {
  if (command.what === "open") {
    const { comingPerSecond = COMING_PER_SECOND } = command;
    for (let index = 0; index < command.viewers; index += 1) {
      const viewer = new LightViewer(command, index);
      viewers.push(viewer);
      setTimeout(() => viewer.connect(), (index / comingPerSecond) * 1_000);
    }
  } else if (command.what === "forget") {
    for (const key of Object.keys(account) as (keyof typeof account)[]) account[key] = 0;
    firstTryAt = undefined;
    firstSentAwayAt = undefined;
    attempts = [];
  }
  process.send?.(report());
});
process.on("disconnect", () => process.exit());
