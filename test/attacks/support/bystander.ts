/** A well-behaved viewer beside an attack: how long its requests take, and what the gateway holds. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Target } from "./target.ts";

/** What its thread needs to know. */
export interface BystanderOptions {
  readonly port: number;
  /** The gateway's process. */
  readonly pid: number;
  /** One for each connection. */
  readonly tokens: readonly (string | undefined)[];
  /** It connects from here, so that it shares no limit with an attack from 127.0.0.1. */
  readonly localAddress: string;
  readonly video: string;
}

/** What happened since the last sample. */
export interface Sample {
  readonly roundTripsMs: readonly number[];
  /** Codes of errors, and closed connections. */
  readonly faults: readonly string[];
  readonly rssBytes: number;
  readonly rssPeakBytes: number;
}

const CONNECTIONS = 5;
/** Its address, on Linux one of many of the loopback. */
const ADDRESS = "127.0.0.77";

export class Bystander {
  readonly #thread: Worker;

  private constructor(thread: Worker) {
    this.#thread = thread;
  }

  /** Resolves when all of its connections watch their video. */
  static async start({ port, gateway, token }: Target): Promise<Bystander> {
    const names = Array.from({ length: CONNECTIONS }, (_, index) => `bystander-${index}`);
    const tokens = await Promise.all(names.map((sub) => token({ sub })));
    const workerData: BystanderOptions = {
      port,
      pid: gateway.child.pid ?? 0,
      tokens,
      localAddress: ADDRESS,
      video: "bystanders",
    };
    const thread = new Worker(new URL("./bystander-worker.ts", import.meta.url), { workerData });
    await once(thread, "message");
    return new Bystander(thread);
  }

  /** Everything since the last call. */
  async take(): Promise<Sample> {
    const answered = once(this.#thread, "message");
    this.#thread.postMessage("take");
    const [sample] = await answered;
    return sample;
  }

  async stop(): Promise<void> {
    await this.#thread.terminate();
  }
}
