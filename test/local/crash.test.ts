/** A role that ends says why, with a code, in bounded time, whatever its log's reader does. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { bundled } from "../support/bundle.ts";
import { eventually } from "../support/eventually.ts";
import { startTestNats, type TestNats } from "../support/nats.ts";
import { natsUrlAs } from "../support/nats-users.ts";
import { createStores } from "../support/stores.ts";
import { TestSocket } from "../support/viewer.ts";

const BREAK = join(import.meta.dirname, "break.mjs");
/** Far more than an exit takes, and still bounded. */
const BOUND_MS = 10_000;

let nats: TestNats;
beforeAll(async () => {
  nats = await startTestNats();
  await createStores(nats.url);
});
afterAll(async () => await nats?.stop());

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});

interface Running {
  readonly child: ChildProcess;
  /** What it has logged while the log was read. */
  readonly log: Record<string, unknown>[];
  /** Stops reading its log. */
  stopReading(): void;
}

async function run(role: "gateway" | "dispatcher", ...flags: string[]): Promise<Running> {
  const where = role === "gateway" ? ["--open", "--host", "127.0.0.1", "--port", "0"] : [];
  const args = [
    bundled(`${role}/main.ts`),
    "--nats-url",
    natsUrlAs(role, nats.url),
    "--ops-port",
    "0",
  ];
  const child = spawn(process.execPath, ["--import", BREAK, ...args, ...where, ...flags], {
    stdio: ["ignore", "pipe", "ignore", "ipc"],
  });
  started.push(child);
  const { stdout } = child;
  if (stdout === null) throw new Error("no output to read");
  const log: Record<string, unknown>[] = [];
  const lines = createInterface({ input: stdout });
  lines.on("line", (line) => log.push(JSON.parse(line)));
  await eventually(() => log.some(({ msg }) => msg === `${role} runs`));
  return { child, log, stopReading: () => lines.pause() };
}

async function end(child: ChildProcess): Promise<readonly [number | null, string | null]> {
  const signal = AbortSignal.timeout(BOUND_MS);
  const [code, by] = await once(child, "exit", { signal });
  return [code, by];
}

describe.each(["gateway", "dispatcher"] as const)("a %s that fails", (role) => {
  test.each([
    ["SIGUSR2", "uncaught exception", "boom in a handler"],
    ["SIGWINCH", "unhandled rejection", "boom in a promise"],
  ] as const)("says why in its last line, and ends with code 1 (%s)", async (signal, msg, text) => {
    const { child, log } = await run(role);
    child.kill(signal);
    expect(await end(child)).toEqual([1, null]);
    const isFatal = (line: Record<string, unknown> | undefined) => line?.["level"] === "fatal";
    await eventually(() => isFatal(log.at(-1)));
    expect(log.at(-1)).toMatchObject({ role, msg, err: { message: text } });
    expect(log.filter(isFatal)).toHaveLength(1);
  });
});

describe("a log whose reader has gone", () => {
  test.each([
    ["SIGTERM", 0],
    ["SIGUSR2", 1],
  ] as const)("%s still ends the role with code %i", async (signal, code) => {
    const { child } = await run("dispatcher");
    child.stdout?.destroy();
    child.kill(signal);
    expect(await end(child)).toEqual([code, null]);
  });
});

describe("a log whose reader has stopped, with a full pipe", () => {
  test.each([
    ["SIGTERM", 0],
    ["SIGUSR2", 1],
  ] as const)("%s ends the role with code %i; it worked until then", async (signal, code) => {
    const { child, log, stopReading } = await run(
      "gateway",
      "--log-level",
      "debug",
      "--requests-per-second",
      "100000",
      "--client-messages-per-second",
      "100000",
      "--new-videos-per-second",
      "100000",
      "--client-share-percent",
      "100",
    );
    const { port, opsPort } = Object.assign({}, ...log);
    stopReading();
    const viewer = await TestSocket.connect(port);
    // A pipe holds 64 KiB, and its reader's buffer as much; each of these requests logs lines.
    for (let number = 0; number < 700; number += 1) {
      const video = `loud-${number}`;
      if (number % 50 === 49) await new Promise((resolve) => setTimeout(resolve, 1));
      expect(await viewer.ask("subscribe", { video })).toMatchObject({ op: "result" });
      await viewer.ask("unsubscribe", { video });
    }
    expect((await fetch(`http://127.0.0.1:${opsPort}/readyz`)).status).toBe(200);
    child.kill(signal);
    expect(await end(child)).toEqual([code, null]);
  });
});
