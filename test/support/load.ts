/** Publishes likes at a steady rate while a test does something else. */
import type { TestSocket } from "./viewer.ts";

/** The outcome of a load: accepted ids, and errors by code. */
export interface LoadResult {
  readonly accepted: Set<string>;
  readonly refused: Map<string, number>;
}

/** The default limit of a connection is a hundred: a busy machine would refuse more. */
const MAX_IN_FLIGHT = 80;

export class Load {
  readonly result: LoadResult = { accepted: new Set(), refused: new Map() };
  readonly #publisher: TestSocket;
  readonly #video: string;
  readonly #timer: NodeJS.Timeout;
  readonly #perSecond: number;
  readonly #startedAt = performance.now();
  #published = 0;
  readonly #inFlight = new Set<Promise<void>>();

  /** @param perSecond likes a second, on one connection */
  constructor(publisher: TestSocket, video: string, perSecond: number) {
    this.#publisher = publisher;
    this.#video = video;
    this.#perSecond = perSecond;
    this.#timer = setInterval(() => this.#catchUp(), 1_000 / perSecond);
  }

  /** Resolves when every like published so far is answered. */
  async answered(): Promise<void> {
    await Promise.all([...this.#inFlight]);
  }

  /** Stops, and resolves when every publish is answered. */
  async stop(): Promise<LoadResult> {
    clearInterval(this.#timer);
    await this.answered();
    return this.result;
  }

  /** Keeps to the clock even when a tick is late, as far as the machine can. */
  #catchUp(): void {
    const target = ((performance.now() - this.#startedAt) * this.#perSecond) / 1_000;
    while (this.#published < target && this.#inFlight.size < MAX_IN_FLIGHT) this.#publish();
  }

  #publish(): void {
    this.#published += 1;
    const publish = this.#publisher
      .ask("publish", { video: this.#video, kind: "like" })
      .then((answer) => {
        const { accepted, refused } = this.result;
        if (answer.op === "result") accepted.add(String(answer["eventId"]));
        else {
          const code = String(answer["code"]);
          refused.set(code, (refused.get(code) ?? 0) + 1);
        }
      })
      .finally(() => this.#inFlight.delete(publish));
    this.#inFlight.add(publish);
  }
}
