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

/** A role in little: ready when told so, and it fails as the environment wants it. */
const CHILD = `
import { createServer } from "node:http";
import { existsSync } from "node:fs";
const { PORT, BROKEN_IF } = process.env;
process.on("SIGTERM", () => process.exit(0));
process.on("disconnect", () => process.exit(0));
if (existsSync(BROKEN_IF)) {
  console.log('{"level":60,"msg":"could not start","err":{"message":"it is broken"}}');
  process.exit(3);
}
createServer((request, response) => {
  if (request.url === "/die") process.exit(4);
  response.end('{"checks":{}}');
}).listen(Number(PORT), "127.0.0.1");
`;
/** Small enough to wait for, and far enough apart to tell from each other. */
const BACKOFF = { minMs: 20, maxMs: 80, healthyMs: 60_000 };

/** What was said, and a way to wait for what will be. */
class Ear implements Say {
  readonly lines: string[] = [];
  #onLine: () => void = () => undefined;

  step(text: string): void {
    this.lines.push(text);
    this.#onLine();
  }

  fault(text: string): void {
    this.step(text);
  }

  heard(pattern: RegExp, times = 1): Promise<string> {
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
let ear = new Ear();
let log: LogFile;
let kept: ManagedProcess;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "ovation-kept-test-"));
  brokenIf = join(directory, "broken");
  const script = join(directory, "child.mjs");
  writeFileSync(script, CHILD);
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  log = new LogFile(directory, "child");
  ear = new Ear();
  const launch = childLaunch({
    args: [script],
    env: { PORT: String(port), BROKEN_IF: brokenIf },
    readyUrl: `${url}/readyz`,
    log,
  });
  kept = new ManagedProcess({ name: "child", launch, say: ear, backoff: BACKOFF });
});

afterEach(async () => {
  await kept.stop();
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
  if (kept.pid !== undefined) process.kill(kept.pid, "SIGKILL");
}

describe("the first start", () => {
  test("is told once the process is ready", async () => {
    await kept.start();
    expect(lives(kept.pid)).toBe(true);
    expect(ear.lines).toEqual([
      expect.stringMatching(new RegExp(`^child is ready after [0-9.]+ s \\(pid ${kept.pid}\\)$`)),
    ]);
  });

  test("fails at once when the process ends, with its last lines", async () => {
    writeFileSync(brokenIf, "");
    const error = await kept.start().catch((fault: unknown) => fault);
    expect(error).toMatchObject({
      message:
        'child did not start: ended before it was ready: exit code 3, "could not start: it is broken"',
      cause: { details: ["fatal: could not start: it is broken"] },
    });
    expect((error as Error).cause).toBeInstanceOf(StartError);
    expect(kept.pid).toBeUndefined();
    expect(ear.lines).toEqual([]);
  });

  test("can be broken off, and leaves nothing behind", async () => {
    const started = kept.start();
    const stopped = kept.stop();
    await expect(started).rejects.toThrow();
    await stopped;
    expect(kept.pid).toBeUndefined();
  });
});

describe("a death", () => {
  test("by a signal is told, and the process comes back on the same port", async () => {
    await kept.start();
    const first = kept.pid;
    killNow();
    await ear.heard(/^child died: killed by SIGKILL\. It is started again in 0\.02 s$/);
    await ear.heard(/^child is back \(pid \d+\)$/);
    expect(kept.pid).not.toBe(first);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  test("of its own is told with the exit code", async () => {
    await kept.start();
    await fetch(`${url}/die`).catch(() => undefined);
    await ear.heard(/^child died: exit code 4\. /);
    await ear.heard(/^child is back/);
  });

  test("is followed by waits that double up to a limit, until it comes back", async () => {
    await kept.start();
    writeFileSync(brokenIf, "");
    killNow();
    await ear.heard(/did not come back/, 4);
    rmSync(brokenIf);
    await ear.heard(/^child is back/);
    const waits = ear.lines.map((line) => /in ([0-9.]+) s$/.exec(line)?.[1]).filter(Boolean);
    expect(waits.slice(0, 5)).toEqual(["0.02", "0.04", "0.08", "0.08", "0.08"]);
    expect(ear.lines[2]).toContain('exit code 3, "could not start: it is broken"');
  });

  test("after a healthy time begins the waits anew", async () => {
    const healthy = { ...BACKOFF, healthyMs: 0 };
    const args = [join(directory, "child.mjs")];
    const env = { PORT: new URL(url).port, BROKEN_IF: brokenIf };
    const launch = childLaunch({ args, env, readyUrl: `${url}/readyz`, log });
    kept = new ManagedProcess({ name: "child", launch, say: ear, backoff: healthy });
    await kept.start();
    for (const times of [1, 2, 3]) {
      killNow();
      await ear.heard(/^child is back/, times);
    }
    const deaths = ear.lines.filter((line) => line.includes("died"));
    expect(new Set(deaths)).toEqual(
      new Set(["child died: killed by SIGKILL. It is started again in 0.02 s"]),
    );
  });
});

describe("a blow", () => {
  const LONG_MS = 60_000;

  /** What it was at, one after the other. */
  function conditionsOf(
    options: Partial<ConstructorParameters<typeof ManagedProcess>[0]> = {},
  ): string[] {
    const conditions: string[] = [];
    const args = [join(directory, "child.mjs")];
    const env = { PORT: new URL(url).port, BROKEN_IF: brokenIf };
    const launch = childLaunch({ args, env, readyUrl: `${url}/readyz`, log });
    const onChange = () => conditions.push(kept.condition.name);
    kept = new ManagedProcess({
      name: "child",
      launch,
      say: ear,
      backoff: BACKOFF,
      onChange,
      ...options,
    });
    return conditions;
  }

  test("leaves the process down until it is revived", async () => {
    const conditions = conditionsOf();
    await kept.start();
    const { pid } = kept;
    expect(kept.killFor(LONG_MS)).toBe(true);
    await ear.heard(/^child was killed, as asked\. It is started again in 60 s$/);
    expect(lives(pid)).toBe(false);
    const { condition } = kept;
    expect(condition.name === "down" && condition.backAtMs - Date.now()).toBeGreaterThan(50_000);
    expect(kept.restart()).toBe(true);
    await ear.heard(/^child is back \(pid \d+\)$/);
    expect(kept.condition).toEqual({ name: "running", pid: kept.pid });
    await kept.stop();
    expect(conditions).toEqual(["starting", "running", "down", "starting", "running", "stopped"]);
  });

  test("wears off by itself, and the next death is one like any other", async () => {
    await kept.start();
    kept.killFor(30);
    await ear.heard(/^child is back/);
    killNow();
    await ear.heard(/^child died: killed by SIGKILL\. It is started again in 0\.02 s$/);
  });

  test("falls on nothing while the process is down, and what runs can't be revived", async () => {
    expect(kept.killFor(LONG_MS)).toBe(false);
    await kept.start();
    expect(kept.restart()).toBe(false);
    kept.killFor(LONG_MS);
    await ear.heard(/^child was killed/);
    expect(kept.killFor(LONG_MS)).toBe(false);
    await kept.stop();
    expect(kept.restart()).toBe(false);
    expect(kept.condition).toEqual({ name: "stopped" });
  });

  test("can be ended before a long wait between failed starts is over", async () => {
    conditionsOf({ backoff: { minMs: LONG_MS, maxMs: LONG_MS, healthyMs: LONG_MS } });
    await kept.start();
    killNow();
    await ear.heard(/^child died.* in 60 s$/);
    kept.restart();
    await ear.heard(/^child is back/);
  });
});

describe("a stop", () => {
  test("ends the process and is no death", async () => {
    await kept.start();
    const { pid } = kept;
    await kept.stop();
    expect(lives(pid)).toBe(false);
    expect(ear.lines).toHaveLength(1);
  });

  test("while it waits to come back ends the waiting", async () => {
    await kept.start();
    killNow();
    await ear.heard(/^child died/);
    await kept.stop();
    expect(kept.pid).toBeUndefined();
  });

  test("at once ends it without asking", async () => {
    await kept.start();
    const { pid } = kept;
    if (pid !== undefined) process.kill(pid, "SIGSTOP"); // Deaf to SIGTERM.
    kept.kill();
    await kept.stop();
    expect(lives(pid)).toBe(false);
  });
});
