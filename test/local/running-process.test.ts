/** What an operator does with a running process: asks for its version, its log's level, and reloads it. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { VERSION } from "../../shared/runtime/version.ts";
import { eventually } from "../support/eventually.ts";
import { startTestNats, type TestNats } from "../support/nats.ts";
import { type RoleProcess, spawnRole } from "../support/process.ts";

let nats: TestNats;
let dispatcher: RoleProcess;
beforeAll(async () => {
  nats = await startTestNats();
  dispatcher = await spawnRole("dispatcher", nats.url);
});
afterAll(async () => {
  await dispatcher?.kill9();
  await nats?.stop();
});

const lines = (msg: string) =>
  dispatcher.output.map((line) => JSON.parse(line)).filter((line) => line.msg === msg);

async function changed(times: number) {
  await eventually(() => lines("the log's level changes").length === times);
  return lines("the log's level changes").at(-1);
}

test("the first line of the log has the version, and levels are words", () => {
  expect(JSON.parse(dispatcher.output[0] ?? "")).toMatchObject({
    level: "info",
    version: VERSION,
    msg: "starting",
  });
});

test("SIGUSR2 and the ops port change the log's level, and SIGHUP ends nothing", async () => {
  dispatcher.child.kill("SIGHUP");
  dispatcher.child.kill("SIGUSR2");
  expect(await changed(1)).toMatchObject({ to: "debug", by: "SIGUSR2" });
  dispatcher.child.kill("SIGUSR2");
  expect(await changed(2)).toMatchObject({ from: "debug" });
  const url = `http://127.0.0.1:${dispatcher.opsPort}/log-level`;
  const set = async (level: string) => await fetch(`${url}/${level}`, { method: "PUT" });
  expect((await set("warn")).status).toBe(200);
  expect(await changed(3)).toMatchObject({ to: "warn", by: "the ops port" });
  expect(await (await fetch(url)).json()).toEqual({ level: "warn" });
  const refused = await set("loud");
  expect(refused.status).toBe(400);
  expect(await refused.text()).toContain("fatal, error, warn, info, debug, trace, silent");
});

test.each(["gateway/main.ts", "dispatcher/main.ts", "cli/doctor/main.ts"])(
  "%s --version",
  async (file) => {
    const path = join(import.meta.dirname, "../..", file);
    const { stdout } = await promisify(execFile)(process.execPath, [path, "--version"]);
    expect(stdout).toBe(`${VERSION}\n`);
  },
);
