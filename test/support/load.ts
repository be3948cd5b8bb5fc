/** Publishes likes at a steady rate while a test does something else. */
import type { TestSocket } from "./viewer.ts";

/** What became of a load: ids that were accepted, and the errors by code. */
export interface LoadResult {
  readonly accepted: Set<string>;
  readonly refused: Map<string, number>;
}

/** A connection may have a hundred by default: more would be refused by a machine that is busy. */
const MOST_UNDER_WAY = 80;

export class Load {
  readonly result: LoadResult = { accepted: new Set(), refused: new Map() };
  readonly #publisher: TestSocket;
  readonly #video: string;
  readonly #timer: NodeJS.Timeout;
  readonly #perSecond: number;
  readonly #begun = performance.now();
  #published = 0;
  readonly #underWay = new Set<Promise<void>>();

  /** @param perSecond likes a second, on one connection */
  constructor(publisher: TestSocket, video: string, perSecond: number) {
    this.#publisher = publisher;
    this.#video = video;
    this.#perSecond = perSecond;
    this.#timer = setInterval(() => this.#publishDue(), 1_000 / perSecond);
  }

  /** Resolves when every like that was published so far was answered. */
  async answered(): Promise<void> {
    await Promise.all([...this.#underWay]);
  }

  /** Stops, and resolves when every publish was answered. */
  async stop(): Promise<LoadResult> {
    clearInterval(this.#timer);
    await this.answered();
    return this.result;
  }

  /** Keeps to the schedule by the clock, also when a tick comes late, as far as the machine can. */
  #publishDue(): void {
    const due = ((performance.now() - this.#begun) * this.#perSecond) / 1_000;
    while (this.#published < due && this.#underWay.size < MOST_UNDER_WAY) this.#publish();
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
      .finally(() => this.#underWay.delete(publish));
    this.#underWay.add(publish);
  }
}
