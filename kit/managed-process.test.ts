import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { childLaunch } from "./child.ts";
import { StartError } from "./ending.ts";
import { LogFile } from "./log-file.ts";
import { ManagedProcess } from "./managed-process.ts";
import { freePort } from "./nats/free-port.ts";
import type { Say } from "./say.ts";

/** A minimal role: it becomes ready at once, and fails as its environment says. */
const CHILD = `
import { createServer } from "node:http";
import { existsSync } from "node:fs";
const { PORT, BROKEN_IF } = process.env;
process.on("SIGTERM", () => process.exit(0));
process.on("disconnect", () => process.exit(0));
if (existsSync(BROKEN_IF)) {
  console.log('{"level":"fatal","msg":"could not start","err":{"message":"it is broken"}}');
  process.exit(3);
}
createServer((request, response) => {
  if (request.url === "/die") process.exit(4);
  response.end('{"checks":{}}');
}).listen(Number(PORT), "127.0.0.1");
`;
/** Short enough to wait for, and different enough to tell apart. */
const BACKOFF = { minMs: 20, maxMs: 80, healthyMs: 60_000 };

/** Records what is said, and can wait for a line. */
class SayRecorder implements Say {
  readonly lines: string[] = [];
  #onLine: () => void = () => undefined;

  step(text: string): void {
    this.lines.push(text);
    this.#onLine();
  }

  fault(text: string): void {
    this.step(text);
  }

  waitFor(pattern: RegExp, times = 1): Promise<string> {
    return new Promise((resolve) => {
      this.#onLine = () => {
        const found = this.lines.filter((line) => pattern.test(line));
        const last = found.at(-1);
        if (last !== undefined && found.length >= times) resolve(last);
      };
      this.#onLine();
    });
  }
}

let directory = "";
let brokenIf = "";
let url = "";
let said = new SayRecorder();
let log: LogFile;
let managed: ManagedProcess;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "ovation-managed-process-test-"));
  brokenIf = join(directory, "broken");
  const script = join(directory, "child.mjs");
  writeFileSync(script, CHILD);
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  log = new LogFile(directory, "child");
  said = new SayRecorder();
  const launch = childLaunch({
    args: [script],
    env: { PORT: String(port), BROKEN_IF: brokenIf },
    readyUrl: `${url}/readyz`,
    log,
  });
  managed = new ManagedProcess({ name: "child", launch, say: said, backoff: BACKOFF });
});

afterEach(async () => {
  await managed.stop();
  log.close();
  rmSync(directory, { recursive: true });
});

function lives(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function killNow(): void {
  if (managed.pid !== undefined) process.kill(managed.pid, "SIGKILL");
}

describe("the first start", () => {
  test("is announced once the process is ready", async () => {
    await managed.start();
    expect(lives(managed.pid)).toBe(true);
    expect(said.lines).toEqual([
      expect.stringMatching(
        new RegExp(`^child is ready after [0-9.]+ s \\(pid ${managed.pid}\\)$`),
      ),
    ]);
  });

  test("fails at once when the process ends, with its last lines", async () => {
    writeFileSync(brokenIf, "");
    const error = await managed.start().catch((fault: unknown) => fault);
    expect(error).toMatchObject({
      message:
        'child did not start: ended before it was ready: exit code 3, "could not start: it is broken"',
      cause: { details: ["fatal: could not start: it is broken"] },
    });
    expect((error as Error).cause).toBeInstanceOf(StartError);
    expect(managed.pid).toBeUndefined();
    expect(said.lines).toEqual([]);
  });

  test("can be aborted, and leaves no process behind", async () => {
    const started = managed.start();
    const stopped = managed.stop();
    await expect(started).rejects.toThrow();
    await stopped;
    expect(managed.pid).toBeUndefined();
  });
});

describe("an unexpected end", () => {
  test("by a signal is reported, and the process is restarted on the same port", async () => {
    await managed.start();
    const first = managed.pid;
    killNow();
    await said.waitFor(/^child died: killed by SIGKILL\. It is started again in 0\.02 s$/);
    await said.waitFor(/^child is back \(pid \d+\)$/);
    expect(managed.pid).not.toBe(first);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  test("by an exit is reported with the exit code", async () => {
    await managed.start();
    await fetch(`${url}/die`).catch(() => undefined);
    await said.waitFor(/^child died: exit code 4\. /);
    await said.waitFor(/^child is back/);
  });

  test("is followed by waits that double up to a limit, until a restart succeeds", async () => {
    await managed.start();
    writeFileSync(brokenIf, "");
    killNow();
    await said.waitFor(/did not come back/, 4);
    rmSync(brokenIf);
    await said.waitFor(/^child is back/);
    const waits = said.lines.map((line) => /in ([0-9.]+) s$/.exec(line)?.[1]).filter(Boolean);
    expect(waits.slice(0, 5)).toEqual(["0.02", "0.04", "0.08", "0.08", "0.08"]);
    expect(said.lines[2]).toContain('exit code 3, "could not start: it is broken"');
  });

  test("after a healthy time resets the waits", async () => {
    const healthy = { ...BACKOFF, healthyMs: 0 };
    const args = [join(directory, "child.mjs")];
    const env = { PORT: new URL(url).port, BROKEN_IF: brokenIf };
    const launch = childLaunch({ args, env, readyUrl: `${url}/readyz`, log });
    managed = new ManagedProcess({ name: "child", launch, say: said, backoff: healthy });
    await managed.start();
    for (const times of [1, 2, 3]) {
      killNow();
      await said.waitFor(/^child is back/, times);
    }
    const deaths = said.lines.filter((line) => line.includes("died"));
    expect(new Set(deaths)).toEqual(
      new Set(["child died: killed by SIGKILL. It is started again in 0.02 s"]),
    );
  });
});

describe("killFor", () => {
  const LONG_MS = 60_000;

  /** Its conditions, in order. */
  function conditionsOf(
    options: Partial<ConstructorParameters<typeof ManagedProcess>[0]> = {},
  ): string[] {
    const conditions: string[] = [];
    const args = [join(directory, "child.mjs")];
    const env = { PORT: new URL(url).port, BROKEN_IF: brokenIf };
    const launch = childLaunch({ args, env, readyUrl: `${url}/readyz`, log });
    const onChange = () => conditions.push(managed.condition.name);
    managed = new ManagedProcess({
      name: "child",
      launch,
      say: said,
      backoff: BACKOFF,
      onChange,
      ...options,
    });
    return conditions;
  }

  test("leaves the process down until it is restarted", async () => {
    const conditions = conditionsOf();
    await managed.start();
    const { pid } = managed;
    expect(managed.killFor(LONG_MS)).toBe(true);
    await said.waitFor(/^child was killed, as asked\. It is started again in 60 s$/);
    expect(lives(pid)).toBe(false);
    const { condition } = managed;
    expect(condition.name === "down" && condition.backAtMs - Date.now()).toBeGreaterThan(50_000);
    expect(managed.restart()).toBe(true);
    await said.waitFor(/^child is back \(pid \d+\)$/);
    expect(managed.condition).toEqual({ name: "running", pid: managed.pid });
    await managed.stop();
    expect(conditions).toEqual(["starting", "running", "down", "starting", "running", "stopped"]);
  });

  test("restarts it by itself after that time, and the next end is handled as usual", async () => {
    await managed.start();
    managed.killFor(30);
    await said.waitFor(/^child is back/);
    killNow();
    await said.waitFor(/^child died: killed by SIGKILL\. It is started again in 0\.02 s$/);
  });

  test("does nothing while the process is down, and restart nothing while it runs", async () => {
    expect(managed.killFor(LONG_MS)).toBe(false);
    await managed.start();
    expect(managed.restart()).toBe(false);
    managed.killFor(LONG_MS);
    await said.waitFor(/^child was killed/);
    expect(managed.killFor(LONG_MS)).toBe(false);
    await managed.stop();
    expect(managed.restart()).toBe(false);
    expect(managed.condition).toEqual({ name: "stopped" });
  });

  test("restart ends a long wait between failed starts", async () => {
    conditionsOf({ backoff: { minMs: LONG_MS, maxMs: LONG_MS, healthyMs: LONG_MS } });
    await managed.start();
    killNow();
    await said.waitFor(/^child died.* in 60 s$/);
    managed.restart();
    await said.waitFor(/^child is back/);
  });
});

describe("a stop", () => {
  test("ends the process and is not reported as a failure", async () => {
    await managed.start();
    const { pid } = managed;
    await managed.stop();
    expect(lives(pid)).toBe(false);
    expect(said.lines).toHaveLength(1);
  });

  test("during the wait before a restart ends the wait", async () => {
    await managed.start();
    killNow();
    await said.waitFor(/^child died/);
    await managed.stop();
    expect(managed.pid).toBeUndefined();
  });

  test("after kill doesn't wait for a graceful end", async () => {
    await managed.start();
    const { pid } = managed;
    if (pid !== undefined) process.kill(pid, "SIGSTOP"); // So that SIGTERM has no effect.
    managed.kill();
    await managed.stop();
    expect(lives(pid)).toBe(false);
  });
});
