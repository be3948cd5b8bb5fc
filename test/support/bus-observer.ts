/** Records every message on the bus in the order in which the server received them. */
import type { NatsConnection } from "nats";
import { connectTo } from "./nats-users.ts";
import { Waiter } from "./waiter.ts";

interface Seen {
  readonly subject: string;
  readonly reply: string;
  readonly text: string;
}

export class BusObserver {
  readonly #connection: NatsConnection;
  readonly #waiter = new Waiter();
  readonly seen: Seen[] = [];

  private constructor(connection: NatsConnection) {
    this.#connection = connection;
    connection.subscribe(">", {
      callback: (_error, message) => {
        const { subject, reply = "", data } = message;
        this.seen.push({ subject, reply, text: Buffer.from(data).toString("latin1") });
        this.#waiter.changed();
      },
    });
  }

  static async start(natsUrl: string): Promise<BusObserver> {
    const observer = new BusObserver(await connectTo(natsUrl));
    await observer.#connection.flush();
    return observer;
  }

  /** Resolves with the first value that isn't undefined or false; polls after each message. */
  async until<T>(poll: () => T | undefined | false): Promise<T> {
    return await this.#waiter.until(poll);
  }

  /** Resolves when this many requests on a subject were seen. */
  async requests(subject: string, count: number): Promise<void> {
    await this.until(() => this.on(subject).length >= count);
  }

  /** The messages seen on a subject. */
  on(subject: string): Seen[] {
    return this.seen.filter((message) => message.subject === subject);
  }

  async stop(): Promise<void> {
    await this.#connection.close();
  }
}
