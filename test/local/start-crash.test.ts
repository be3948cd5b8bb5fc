/** `npm start` when a role crashes: it says which and why, and restarts it. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../kit/nats/free-port.ts";
import { NpmStart } from "./npm-start.ts";

const BREAK = join(import.meta.dirname, "break.mjs");

describe.runIf(process.platform === "linux")("npm start", () => {
  let stack: NpmStart;
  beforeAll(async () => {
    const before = process.env["NODE_OPTIONS"];
    process.env["NODE_OPTIONS"] = `--import=${BREAK}`;
    const port = await freePort();
    stack = new NpmStart("--port", String(port), "--gateways", "1", "--dispatchers", "1");
    if (before === undefined) delete process.env["NODE_OPTIONS"];
    else process.env["NODE_OPTIONS"] = before;
    await stack.up();
  }, 60_000);
  afterAll(() => stack.cleanUp());

  test.each([
    ["dispatcher-1", "SIGUSR2", /exit code 1, "uncaught exception: boom in a handler"/],
    ["gateway-1", "SIGSEGV", /killed by SIGSEGV/],
  ] as const)("says why %s died (%s), and restarts it", async (name, signal, reason) => {
    process.kill(stack.pidOf(name), signal);
    const [line] = await stack.prints(new RegExp(`^${name} died: .*$`, "m"));
    expect(line).toMatch(reason);
    expect(line).toMatch(/It is started again in 1 s$/);
    await stack.prints(new RegExp(`^${name} is back \\(pid \\d+\\)$`, "m"));
  });
});
