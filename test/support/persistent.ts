/** Clients that come back: a viewer that resumes where it was, and a publisher that repeats. */
import type { OvationEvent } from "../../shared/protocol/events.ts";
import { type Received, TestSocket } from "./viewer.ts";

/** Where a client may connect just now, and when there is a moment to try again. */
export interface Gateways {
  /** A port to try, any of those that may work. */
  pick(): number;
}

const RETRY_MS = 50;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Connects to one gateway after the other until one takes it. */
async function connected(gateways: Gateways, isWanted: () => boolean): Promise<TestSocket> {
  while (isWanted()) {
    try {
      return await TestSocket.connect(gateways.pick(), "msgpack");
    } catch {
      await pause(RETRY_MS);
    }
  }
  throw new Error("stopped");
}

/** Resolves with the answer, or with undefined if the connection was lost first. */
async function answered(
  socket: TestSocket,
  op: string,
  fields: Readonly<Record<string, unknown>>,
): Promise<Received | undefined> {
  const closed = socket.until(() => socket.closed).then(() => undefined);
  return await Promise.race([socket.ask(op, fields), closed]);
}

/** Watches a video for as long as it is wanted, over as many connections as it takes. */
export class ReturningViewer {
  readonly video: string;
  /** Comments as they came, over all connections. */
  readonly comments: OvationEvent[] = [];
  /** What a viewer must never be told here: that something was lost. */
  readonly complaints: string[] = [];
  connections = 0;
  readonly #gateways: Gateways;
  #after: number | undefined;
  #epoch = "";
  #socket: TestSocket | undefined;
  #isStopped = false;
  #waiting: (() => void) | undefined;

  constructor(video: string, gateways: Gateways) {
    this.video = video;
    this.#gateways = gateways;
  }

  /** Resolves when its first subscribe was answered; goes on by itself. */
  async start(): Promise<void> {
    await this.#connect();
    void this.#keepConnected();
  }

  /** Resolves when it has had these comments. */
  async has(ids: ReadonlySet<string>): Promise<void> {
    const isThere = () => {
      const own = new Set(this.comments.map(({ id }) => id));
      return [...ids].every((id) => own.has(id));
    };
    await new Promise<void>((resolve) => {
      this.#waiting = () => {
        if (this.comments.length < ids.size || !isThere()) return;
        this.#waiting = undefined;
        resolve();
      };
      this.#waiting();
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#socket?.closed === undefined) await this.#socket?.close();
  }

  async #keepConnected(): Promise<void> {
    while (!this.#isStopped) {
      await this.#socket?.untilClosed();
      if (!this.#isStopped) await this.#connect().catch(() => undefined);
    }
  }

  async #connect(): Promise<void> {
    for (;;) {
      const socket = await connected(this.#gateways, () => !this.#isStopped);
      this.#socket = socket;
      const past = this.#after === undefined ? {} : { after: this.#after, epoch: this.#epoch };
      // Before the subscribe: what comes right after its answer is not to be overlooked.
      let taken = 0;
      void socket.until(() => {
        for (; taken < socket.messages.length; taken += 1) this.#take(socket.messages[taken]);
        return socket.closed;
      });
      const answer = await answered(socket, "subscribe", { video: this.video, ...past });
      if (answer?.op === "result") {
        this.connections += 1;
        return;
      }
      // Refused while NATS is away.
      if (socket.closed === undefined) await socket.close();
      await pause(RETRY_MS);
    }
  }

  #take(message: Received | undefined): void {
    if (message?.op === "reset") this.complaints.push("reset");
    if (message?.op === "result" && message["seq"] !== undefined) this.#begin(message);
    if (message?.op !== "events") return;
    for (const event of message.events) {
      if (event.kind !== "comment") continue;
      this.comments.push(event);
      this.#after = event.seq;
    }
    this.#waiting?.();
  }

  #begin({ seq, epoch, recovered }: Received): void {
    if (recovered === false) this.complaints.push(`not recovered after ${this.#after}`);
    this.#after ??= Number(seq);
    this.#epoch = String(epoch);
  }
}

/** Publishes one comment after the other, each until it is acknowledged. */
export class StubbornPublisher {
  /** Acknowledged comments: id to place. */
  readonly acknowledged = new Map<string, number>();
  /** Errors on the way, by code. */
  readonly refused = new Map<string, number>();
  readonly #gateways: Gateways;
  #socket: TestSocket | undefined;

  constructor(gateways: Gateways) {
    this.#gateways = gateways;
  }

  /** Resolves when the comment was acknowledged. */
  async comment(video: string, id: string): Promise<void> {
    for (;;) {
      this.#socket ??= await connected(this.#gateways, () => true);
      const fields = { video, kind: "comment", eventId: id, data: { id } };
      const answer = await answered(this.#socket, "publish", fields);
      if (answer === undefined) this.#socket = undefined;
      else if (answer.op === "result") {
        this.acknowledged.set(id, Number(answer["seq"]));
        return;
      }
      const code = answer === undefined ? "closed" : String(answer["code"]);
      this.refused.set(code, (this.refused.get(code) ?? 0) + 1);
      await pause(RETRY_MS);
    }
  }

  async stop(): Promise<void> {
    if (this.#socket?.closed === undefined) await this.#socket?.close();
  }
}
