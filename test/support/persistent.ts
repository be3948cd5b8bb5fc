/** Persistent clients: a viewer that resumes where it was, and a publisher that retries. */
import type { OvationEvent } from "../../shared/protocol/events.ts";
import { type Received, TestSocket } from "./viewer.ts";

/** The gateways that a client may connect to. */
export interface Gateways {
  /** A port to try. */
  pick(): number;
}

const RETRY_MS = 50;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Connects to one gateway after the other until one accepts. */
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

/** Resolves with the answer, or with undefined if the connection is lost first. */
async function answered(
  socket: TestSocket,
  op: string,
  fields: Readonly<Record<string, unknown>>,
): Promise<Received | undefined> {
  const closed = socket.until(() => socket.closed).then(() => undefined);
  return await Promise.race([socket.ask(op, fields), closed]);
}

/** Watches a video until it is stopped, over as many connections as it takes. */
export class ReturningViewer {
  readonly video: string;
  /** Comments in the order received, over all connections. */
  readonly comments: OvationEvent[] = [];
  /** Reports of lost events, which a viewer must never get here. */
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

  /** Resolves when its first subscribe is answered; keeps running by itself. */
  async start(): Promise<void> {
    await this.#connect();
    void this.#keepConnected();
  }

  /** Resolves when it has received these comments. */
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
      // Listens before the subscribe, so that nothing right after its answer is missed.
      let processed = 0;
      void socket.until(() => {
        for (; processed < socket.messages.length; processed += 1) {
          this.#receive(socket.messages[processed]);
        }
        return socket.closed;
      });
      const answer = await answered(socket, "subscribe", { video: this.video, ...past });
      if (answer?.op === "result") {
        this.connections += 1;
        return;
      }
      // Refused while NATS is down.
      if (socket.closed === undefined) await socket.close();
      await pause(RETRY_MS);
    }
  }

  #receive(message: Received | undefined): void {
    if (message?.op === "reset") this.complaints.push("reset");
    if (message?.op === "result" && message["seq"] !== undefined) this.#subscribed(message);
    if (message?.op !== "events") return;
    for (const event of message.events) {
      if (event.kind !== "comment") continue;
      this.comments.push(event);
      this.#after = event.seq;
    }
    this.#waiting?.();
  }

  #subscribed({ seq, epoch, recovered }: Received): void {
    if (recovered === false) this.complaints.push(`not recovered after ${this.#after}`);
    this.#after ??= Number(seq);
    this.#epoch = String(epoch);
  }
}

/** Publishes one comment after the other, retrying each until it is acknowledged. */
export class StubbornPublisher {
  /** Acknowledged comments: id to seq. */
  readonly acknowledged = new Map<string, number>();
  /** Errors on the way, by code. */
  readonly refused = new Map<string, number>();
  readonly #gateways: Gateways;
  #socket: TestSocket | undefined;

  constructor(gateways: Gateways) {
    this.#gateways = gateways;
  }

  /** Resolves when the comment is acknowledged. */
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
