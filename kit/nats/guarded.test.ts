import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type GuardedProcess, spawnGuarded } from "./guarded.ts";

/** The "server" of these tests connects back: its connection shows whether it is running. */
let home: Server;

beforeEach(async () => {
  home = createServer().listen(0, "127.0.0.1");
  await once(home, "listening");
});

afterEach(() => {
  home.close();
});

function launchArgs(): string[] {
  const { port } = home.address() as AddressInfo;
  return ["-e", `require("node:net").connect(${port}, "127.0.0.1").resume()`];
}

async function start(): Promise<{ guarded: GuardedProcess; line: Socket }> {
  const dialled = once(home, "connection") as Promise<[Socket]>;
  const guarded = await spawnGuarded({ command: process.execPath, args: launchArgs() });
  const [line] = await dialled;
  return { guarded, line };
}

function gone(line: Socket): Promise<unknown> {
  // A connection may end by a reset, which Node reports as an error.
  line.resume().on("error", () => {});
  return once(line, "close");
}

describe("a process under the guard", () => {
  test("stop - ends it with SIGTERM, and reports how it ended", async () => {
    const { guarded, line } = await start();
    const closed = gone(line);
    await guarded.stop();
    await closed;
    expect(await guarded.exited).toEqual({ code: null, signal: "SIGTERM" });
  });

  test("kill - ends it with SIGKILL; a second call does nothing", async () => {
    const { guarded } = await start();
    await guarded.kill();
    await guarded.kill();
    await guarded.stop();
    expect(await guarded.exited).toEqual({ code: null, signal: "SIGKILL" });
  });

  test("exited - gives the exit code, and the tail holds the last output", async () => {
    const args = ["-e", "console.error('so long'); process.exit(3)"];
    const guarded = await spawnGuarded({ command: process.execPath, args });
    expect(await guarded.exited).toEqual({ code: 3, signal: null });
    expect(guarded.tail.text()).toBe("so long");
  });

  test("start - fails if there is no such program", async () => {
    await expect(spawnGuarded({ command: "/nowhere/at-all", args: [] })).rejects.toThrow("ENOENT");
  });

  test("a parent that is killed leaves no process behind", async () => {
    const module = JSON.stringify(join(import.meta.dirname, "guarded.ts"));
    const launch = JSON.stringify({ command: process.execPath, args: launchArgs() });
    const script = `import { spawnGuarded } from ${module}; await spawnGuarded(${launch});`;
    const dialled = once(home, "connection") as Promise<[Socket]>;
    const parent: ChildProcess = spawn(
      process.execPath,
      ["--input-type=module-typescript", "-e", script],
      { stdio: "ignore" },
    );
    const [line] = await dialled;
    const closed = gone(line);
    parent.kill("SIGKILL");
    await closed;
  });
});
