/**
 * Publishes events by a schedule over a few WebSockets, and measures each answer's latency from the
 * event's scheduled time, not from when it was sent.
 */

import { RawSocket } from "../../kit/websocket/raw-socket.ts";
import { nowUs } from "../clock.ts";
import type { PublishCommand, Published, PublishersSetup } from "../control/messages.ts";
import { newHistogram, packed, record } from "../latency.ts";
import { type Dialect, FIRST_PUBLISH_ID } from "../wire/dialect.ts";
import { DIALECTS } from "../wire/dialects.ts";
import { Agenda, type Due, type Stream } from "./schedule.ts";

/** How many answers are awaited at most, over all connections; further events count as unanswered. */
const AWAITED_LIMIT = 500_000;
/** How long to wait for the last answers. */
const ANSWERS_MS = 5_000;
/** Errors that leave it open whether the event was accepted: docs/protocol.md, "Errors". */
const MAY_HAVE_BEEN_ACCEPTED: readonly string[] = ["timeout", "history_unavailable", "internal"];
const LONGEST_SLEEP_MS = 100;

interface Connection {
  readonly socket: RawSocket;
  lastId: number;
  /** Events without an answer, by the id of their request. */
  readonly awaited: Map<number, Due>;
}

export class Publisher {
  readonly #setup: PublishersSetup;
  readonly #dialect: Dialect;
  #connections: Connection[] = [];
  #next = 0;
  #awaited = 0;
  /** The kind that is measured. */
  #kind = "";
  #window: PublishCommand["window"] | undefined;
  #allAnswered: (() => void) | undefined;
  readonly #sent = new Map<string, number>();
  readonly #accepted = new Map<string, number>();
  readonly #refused = new Map<string, number>();
  readonly #unsure = new Map<string, number>();
  readonly #acknowledged = newHistogram();
  readonly #lateness = newHistogram();
  readonly counts = { sent: 0, accepted: 0 };

  constructor(setup: PublishersSetup) {
    this.#setup = setup;
    this.#dialect = DIALECTS[setup.dialect]("");
  }

  async open(): Promise<void> {
    const { connections, targets, localAddresses } = this.#setup;
    this.#connections = await Promise.all(
      Array.from({ length: connections }, async (_, index) => {
        const target = targets[index % targets.length];
        if (target === undefined) throw new Error("no target to publish to");
        const awaited = new Map<number, Due>();
        const opened = Promise.withResolvers<void>();
        const socket: RawSocket = new RawSocket({
          target,
          localAddress: localAddresses[index % localAddresses.length],
          endpoint: this.#dialect,
          handlers: {
            onOpen: () => {
              socket.sendAll(this.#dialect.opening(undefined));
              opened.resolve();
            },
            onMessage: (opcode, bytes, start, end) =>
              this.#answer(socket, awaited, opcode, bytes.subarray(start, end)),
            onClose: (why) => {
              opened.reject(new Error(`a publisher could not connect: ${why}`));
              for (const due of awaited.values()) this.#done(due, undefined);
              awaited.clear();
            },
          },
        });
        await opened.promise;
        return { socket, lastId: FIRST_PUBLISH_ID, awaited };
      }),
    );
  }

  async publish({ window, streams, kind }: PublishCommand): Promise<Published> {
    this.#window = window;
    this.#kind = kind;
    const agenda = new Agenda(streams);
    await new Promise<void>((resolve) => {
      const poll = () => {
        agenda.take(nowUs() - window.epochUs, (due) => this.#send(due));
        if (agenda.nextUs === Number.POSITIVE_INFINITY) return resolve();
        const waitMs = (agenda.nextUs + window.epochUs - nowUs()) / 1_000;
        setTimeout(poll, Math.min(LONGEST_SLEEP_MS, Math.max(0, waitMs)));
      };
      poll();
    });
    await this.#answers();
    for (const { awaited } of this.#connections) {
      for (const { stream } of awaited.values()) this.#count(this.#unsure, stream);
    }
    return {
      sent: Object.fromEntries(this.#sent),
      accepted: Object.fromEntries(this.#accepted),
      refused: Object.fromEntries(this.#refused),
      unsure: Object.fromEntries(this.#unsure),
      acknowledged: packed(this.#acknowledged),
      lateness: packed(this.#lateness),
    };
  }

  async #answers(): Promise<void> {
    if (this.#awaited === 0) return;
    const timeUp = AbortSignal.timeout(ANSWERS_MS);
    await new Promise<void>((resolve) => {
      this.#allAnswered = resolve;
      timeUp.addEventListener("abort", () => resolve());
    });
  }

  #send(due: Due): void {
    const connection = this.#connections[this.#next % this.#connections.length];
    this.#next += 1;
    if (connection === undefined) return;
    const { stream, number, dueUs } = due;
    if (this.#isMeasured(dueUs)) {
      record(this.#lateness, nowUs() - (this.#window?.epochUs ?? 0) - dueUs);
    }
    this.counts.sent += 1;
    this.#count(this.#sent, stream);
    if (connection.socket.isClosed) {
      count(this.#refused, "connection lost");
      return;
    }
    connection.lastId += 1;
    connection.socket.send(
      this.#dialect.publish({
        id: connection.lastId,
        video: stream.video,
        kind: stream.kind,
        number,
        dueUs,
        ...(stream.text === undefined ? {} : { text: stream.text }),
      }),
    );
    if (!this.#dialect.isAnswering) {
      this.counts.accepted += 1;
      this.#count(this.#accepted, stream);
      return;
    }
    if (this.#awaited >= AWAITED_LIMIT) {
      this.#count(this.#unsure, stream);
      return;
    }
    this.#awaited += 1;
    connection.awaited.set(connection.lastId, due);
  }

  #answer(socket: RawSocket, awaited: Map<number, Due>, opcode: number, payload: Buffer): void {
    const meaning = this.#dialect.read(opcode, payload);
    if (meaning.type === "reply") return socket.send(meaning.reply);
    if (meaning.type !== "accepted" && meaning.type !== "refused") return;
    const due = awaited.get(meaning.id);
    if (due === undefined) return;
    awaited.delete(meaning.id);
    this.#done(due, meaning.type === "accepted" ? "accepted" : meaning.code);
  }

  /** @param outcome undefined when it is unknown */
  #done({ stream, dueUs }: Due, outcome: string | undefined): void {
    this.#awaited -= 1;
    if (outcome === undefined) this.#count(this.#unsure, stream);
    else if (outcome === "accepted") {
      this.counts.accepted += 1;
      this.#count(this.#accepted, stream);
      if (stream.kind === this.#kind && this.#isMeasured(dueUs)) {
        record(this.#acknowledged, nowUs() - (this.#window?.epochUs ?? 0) - dueUs);
      }
    } else {
      count(this.#refused, outcome);
      if (MAY_HAVE_BEEN_ACCEPTED.includes(outcome)) this.#count(this.#unsure, stream);
    }
    if (this.#awaited === 0) this.#allAnswered?.();
  }

  #count(counts: Map<string, number>, { video, kind }: Stream): void {
    if (kind === this.#kind) count(counts, video);
  }

  #isMeasured(dueUs: number): boolean {
    const window = this.#window;
    return window !== undefined && dueUs >= window.fromUs && dueUs < window.toUs;
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
