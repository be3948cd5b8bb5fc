/** A well-behaved viewer beside an attack: how long its requests take, and what the gateway holds. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Target } from "./target.ts";

/** What its process needs to know: its one argument, as JSON. */
export interface BystanderOptions {
  readonly port: number;
  /** The gateway's process. */
  readonly pid: number;
  /** One for each connection. */
  readonly tokens: readonly (string | null)[];
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
  /** What the gateway has computed so far. */
  readonly cpuMs: number;
}

const PROGRAM = fileURLToPath(new URL("./bystander-process.ts", import.meta.url));
const CONNECTIONS = 10;
/** Its address, on Linux one of many of the loopback. */
const ADDRESS = "127.0.0.77";

export class Bystander {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Resolves when all of its connections watch their video. */
  static async start({ port, gateway, token }: Target): Promise<Bystander> {
    const names = Array.from({ length: CONNECTIONS }, (_, index) => `bystander-${index}`);
    const tokens = await Promise.all(names.map((sub) => token({ sub })));
    const options: BystanderOptions = {
      port,
      pid: gateway.child.pid ?? 0,
      tokens: tokens.map((one) => one ?? null),
      localAddress: ADDRESS,
      video: "bystanders",
    };
    const child = fork(PROGRAM, [JSON.stringify(options)]);
    await message(child);
    return new Bystander(child);
  }

  /** Everything since the last call. */
  async take(): Promise<Sample> {
    const answered = message(this.#child);
    this.#child.send("take");
    return (await answered) as Sample;
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }
}

async function message(child: ChildProcess): Promise<unknown> {
  return await new Promise((resolve, reject) => {
    const ended = () => reject(new Error("the bystander ended"));
    child.once("exit", ended);
    child.once("message", (received) => {
      child.off("exit", ended);
      resolve(received);
    });
  });
}
