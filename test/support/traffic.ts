/** A bit of everything that viewers and backends do, in a loop, while a test observes. */
import { setTimeout as wait } from "node:timers/promises";
import { Load } from "./load.ts";
import { openPoll, vote } from "./polls.ts";
import { post, type TestEventStream, TestSocket, watch } from "./viewer.ts";

const VIDEO = "launch";
const LIKES_PER_SECOND = 20;
const ROUND_MS = 200;
/** More rarely than a second, which is how often a gateway may want it. */
const REPORT_ROUNDS = 6;
const FAST = { counts: [0, 0, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], sumMs: 150 };
/** What a viewer of a gateway that asks everyone reports. */
const REPORT = {
  transient: FAST,
  durable: FAST,
  published: FAST,
  clockErrorMs: 5,
  awayMs: 300,
  recovered: 1,
} as const;

export class Traffic {
  readonly #ports: readonly [number, number];
  readonly #load: Load;
  readonly #reporter: TestSocket;
  readonly #viewers: readonly (TestSocket | TestEventStream)[];
  readonly #stopped = new AbortController();
  readonly #rounds: Promise<void>;

  private constructor(
    ports: readonly [number, number],
    publisher: TestSocket,
    reporter: TestSocket,
    viewers: readonly (TestSocket | TestEventStream)[],
  ) {
    this.#ports = ports;
    this.#viewers = [...viewers, publisher, reporter];
    this.#reporter = reporter;
    this.#load = new Load(publisher, VIDEO, LIKES_PER_SECOND);
    this.#rounds = this.#run();
  }

  /** Starts, with viewers over every wire, on two gateways. */
  static async start(port: number, otherPort: number): Promise<Traffic> {
    const viewers = [
      await watch("msgpack", port, VIDEO),
      await watch("json", otherPort, VIDEO),
      await watch("sse", port, VIDEO),
    ];
    await openPoll({ port }, VIDEO);
    const [publisher, reporter] = [await TestSocket.connect(port), await TestSocket.connect(port)];
    return new Traffic([port, otherPort], publisher, reporter, viewers);
  }

  /** Stops, and rejects if something failed. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#load.stop();
    try {
      await this.#rounds;
    } finally {
      for (const viewer of this.#viewers) await viewer.close();
    }
  }

  /** Each round publishes a comment, a fan votes, and a viewer visits another video briefly. */
  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    const [port, otherPort] = this.#ports;
    for (let round = 0; !signal.aborted; round += 1) {
      const comment = await post(otherPort, VIDEO, { kind: "comment", data: { round } });
      if (comment.status !== 200) throw new Error(`a comment got ${comment.status}`);
      await vote({ port }, VIDEO, `fan-${round}`, 0);
      const passer = await watch("json", port, `video-${round}`, { last: 1 });
      await passer.close();
      if (round % REPORT_ROUNDS === 0) await this.#reporter.ask("report", REPORT);
      await wait(ROUND_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
