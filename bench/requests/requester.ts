/** Publish requests directly over NATS, as fast as they are answered or by a schedule. */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { DEFAULT_PARTITIONS, partitionOf } from "../../shared/protocol/partitions.ts";
import { gatewayPublishSubject } from "../../shared/protocol/subjects.ts";
import { nowUs } from "../clock.ts";
import type {
  Requested,
  RequestsSetup,
  SaturateCommand,
  SteadyCommand,
} from "../control/messages.ts";
import { type Histogram, newHistogram, packed, record } from "../latency.ts";
import { AnswerReader, requestText } from "./nats-wire.ts";
import { comment, like, type PayloadOf, votesIn } from "./payload.ts";

/** How many answers may be outstanding; beyond it a steady schedule falls behind, which is reported. */
const OUTSTANDING_LIMIT = 1_048_576;
const ANSWERS_MS = 5_000;

function payloadOf(what: RequestsSetup["what"]): PayloadOf {
  if (what === undefined) return like;
  return what === "comments" ? comment : votesIn(what.poll);
}

export class Requester {
  readonly #socket: Socket;
  readonly #payloadOf: PayloadOf;
  readonly #subjects: readonly string[];
  readonly #inbox = `_INBOX.gateway.${randomUUID().slice(0, 8)}`;
  /** The scheduled time of each outstanding request, by its number modulo the limit. */
  readonly #dueUs = new Float64Array(OUTSTANDING_LIMIT);
  #sent = 0;
  #answered = 0;
  #refused = 0;
  #onAnswers: () => void = () => undefined;
  #times: Histogram | undefined;

  private constructor({ host, port, videos, what }: RequestsSetup) {
    this.#payloadOf = payloadOf(what);
    this.#subjects = videos.map((video) =>
      gatewayPublishSubject(partitionOf(video, DEFAULT_PARTITIONS), video),
    );
    this.#socket = connect({ host, port, noDelay: true });
  }

  static async open(setup: RequestsSetup): Promise<Requester> {
    const requester = new Requester(setup);
    const socket = requester.#socket;
    await once(socket, "connect");
    const reader = new AnswerReader(
      (number, accepted) => requester.#answer(number, accepted),
      () => socket.write("PONG\r\n"),
    );
    socket.on("data", (chunk) => {
      reader.push(chunk);
      requester.#onAnswers();
    });
    const login = { user: setup.user, pass: setup.password };
    const options = {
      ...login,
      verbose: false,
      pedantic: false,
      name: "ovation-bench",
      lang: "bench",
    };
    socket.write(`CONNECT ${JSON.stringify(options)}\r\nSUB ${requester.#inbox}.* 1\r\n`);
    return requester;
  }

  /** Keeps that many requests in flight. */
  async saturate({ inFlight, warmUpMs, measureMs }: SaturateCommand): Promise<Requested> {
    const endsAt = performance.now() + warmUpMs + measureMs;
    const isOver = () => performance.now() >= endsAt;
    const fill = () => {
      if (!isOver()) this.#send(inFlight - (this.#sent - this.#answered), () => nowUs());
    };
    this.#onAnswers = fill;
    fill();
    await later(warmUpMs);
    const before = this.#answered;
    const startedAt = performance.now();
    await later(measureMs);
    const perSecond = (1_000 * (this.#answered - before)) / (performance.now() - startedAt);
    this.#onAnswers = () => undefined;
    await this.#answers();
    return { ...this.#outcome(), perSecond };
  }

  /** Sends by a fixed schedule, regardless of the answers. */
  async steady({ perSecond, warmUpMs, measureMs }: SteadyCommand): Promise<Requested> {
    const startUs = nowUs();
    const first = this.#sent;
    const dueUs = (index: number) => startUs + (index * 1e6) / perSecond;
    const endUs = startUs + (warmUpMs + measureMs) * 1_000;
    const times = newHistogram();
    const lateness = newHistogram();
    while (nowUs() < endUs) {
      const sent = this.#sent - first;
      const behind = Math.floor(((nowUs() - startUs) * perSecond) / 1e6) - sent;
      if (behind > 0) record(lateness, nowUs() - dueUs(sent));
      this.#send(behind, (index) => dueUs(sent + index));
      if (nowUs() > startUs + warmUpMs * 1_000) this.#times = times;
      await later(1);
    }
    const before = this.#sent - first;
    await this.#answers();
    this.#times = undefined;
    return {
      ...this.#outcome(),
      perSecond: (1e6 * before) / (endUs - startUs),
      times: packed(times),
      lateness: packed(lateness),
    };
  }

  #send(count: number, dueOf: (index: number) => number): void {
    const room = OUTSTANDING_LIMIT - (this.#sent - this.#answered);
    let text = "";
    for (let index = 0; index < Math.min(count, room); index += 1) {
      const subject = this.#subjects[this.#sent % this.#subjects.length] ?? "";
      this.#dueUs[this.#sent % OUTSTANDING_LIMIT] = dueOf(index);
      text += requestText(subject, this.#inbox, this.#sent, this.#payloadOf(this.#sent));
      this.#sent += 1;
    }
    if (text !== "") this.#socket.write(text, "latin1");
  }

  #answer(number: number, accepted: boolean): void {
    this.#answered += 1;
    if (!accepted) this.#refused += 1;
    const times = this.#times;
    if (times !== undefined)
      record(times, nowUs() - (this.#dueUs[number % OUTSTANDING_LIMIT] ?? 0));
  }

  #outcome(): Requested {
    return {
      perSecond: 0,
      sent: this.#sent,
      refused: this.#refused,
      unanswered: this.#sent - this.#answered,
      times: packed(newHistogram()),
      lateness: packed(newHistogram()),
    };
  }

  async #answers(): Promise<void> {
    const deadline = performance.now() + ANSWERS_MS;
    while (this.#answered < this.#sent && performance.now() < deadline) await later(5);
  }
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
