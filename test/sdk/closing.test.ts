/** A client that is closed keeps nothing: a program that has nothing else to do ends. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestStack } from "../support/stack.ts";
import { Network } from "./support/network.ts";

/** Far less than any of the waits that the program sets, and far more than it needs. */
const BOUND_MS = 8_000;

let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start({
    gateway: { lingerMs: 0, likesPerSecond: 2 },
  });
});
afterAll(() => stack?.stop());

interface Outcomes {
  /** How calls ended, each once. */
  readonly codes: readonly string[];
  /** How many timers were left. */
  readonly timers: number;
}

/** What became of the calls that were under way. */
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
  // A request at least has come.
  if (what === "opening") await network.requests.first(() => true);
  network.answersNothing ||= what === "unanswered";
  let output = "";
  child.stdout.on("data", (bytes) => {
    output += String(bytes);
  });
  const bound = setTimeout(() => child.kill("SIGKILL"), BOUND_MS);
  child.stdin.write("go on");
  // What can't be closed in order by Node's own WebSocket is waited for by Node, not by the client.
  if (what === "unanswered") await once(child.stdout, "data").then(() => network.cut());
  expect(await exited).toEqual([0, null]);
  clearTimeout(bound);
  await network.stop();
  return JSON.parse(output) as Outcomes;
}

describe("a client that is closed", () => {
  test.each([
    ["while a token is waited for", "token", ["closed"]],
    ["while a connection is being made", "opening", []],
    ["while the next try is waited for", "reconnecting", []],
    ["while requests wait for their answer", "unanswered", ["closed", "unconfirmed"]],
  ])("%s ends the program, over both wires", async (_, what, outcomes) => {
    const both = await Promise.all([outcomesOf(what, "websocket"), outcomesOf(what, "sse")]);
    const wanted = { codes: outcomes, timers: 0 };
    expect(both).toEqual([wanted, wanted]);
  });

  test("while the gateway lets it publish no faster ends the program, over both wires", async () => {
    for (const transport of ["websocket", "sse"]) {
      const { codes, timers } = await outcomesOf("limited", transport);
      expect(codes).toContain("closed");
      expect(timers).toBe(0);
    }
  });
});
