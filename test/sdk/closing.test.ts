/** A closed client keeps nothing alive: a program with nothing else to do ends. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestStack } from "../support/stack.ts";
import { Network } from "./support/network.ts";

/** Far less than any wait that the program configures, and far more than it needs. */
const BOUND_MS = 8_000;

let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start({
    gateway: { lingerMs: 0, likesPerSecond: 2 },
  });
});
afterAll(() => stack?.stop());

interface Outcomes {
  /** How calls ended, each outcome once. */
  readonly codes: readonly string[];
  /** Timers left over. */
  readonly timers: number;
}

/** How the pending calls ended. */
async function outcomesOf(what: string, transport: string): Promise<Outcomes> {
  const network = await Network.start(stack.gateway.port);
  network.isDown = what === "reconnecting";
  network.answersNothing = what === "opening";
  const script = join(import.meta.dirname, "support/close-soon.ts");
  const child = spawn(process.execPath, [script, what, transport, network.url], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  await once(child.stdout, "data");
  // Waits until a request has arrived.
  if (what === "opening") await network.requests.first(() => true);
  network.answersNothing ||= what === "unanswered";
  let output = "";
  child.stdout.on("data", (bytes) => {
    output += String(bytes);
  });
  const bound = setTimeout(() => child.kill("SIGKILL"), BOUND_MS);
  child.stdin.write("go on");
  // Node itself, not the client, waits for the close handshake of its WebSocket.
  if (what === "unanswered") await once(child.stdout, "data").then(() => network.cut());
  expect(await exited).toEqual([0, null]);
  clearTimeout(bound);
  await network.stop();
  return JSON.parse(output) as Outcomes;
}

describe("a client closed", () => {
  test.each([
    ["while it waits for a token", "token", ["closed"]],
    ["while it is connecting", "opening", []],
    ["while it waits to reconnect", "reconnecting", []],
    ["while requests await their answer", "unanswered", ["closed", "unconfirmed"]],
  ])("%s lets the program end, over both wires", async (_, what, outcomes) => {
    const both = await Promise.all([outcomesOf(what, "websocket"), outcomesOf(what, "sse")]);
    const wanted = { codes: outcomes, timers: 0 };
    expect(both).toEqual([wanted, wanted]);
  });

  test("while the gateway limits its publishes lets the program end, over both wires", async () => {
    for (const transport of ["websocket", "sse"]) {
      const { codes, timers } = await outcomesOf("limited", transport);
      expect(codes).toContain("closed");
      expect(timers).toBe(0);
    }
  });
});
