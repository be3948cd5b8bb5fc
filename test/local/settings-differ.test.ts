/** A process whose settings differ from the others': what its operator sees, and where. */

import { execFile } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Finding } from "../../cli/doctor/diagnose.ts";
import { bundled } from "../support/bundle.ts";
import { eventually } from "../support/eventually.ts";
import { startTestNats, type TestNats } from "../support/nats.ts";
import { natsUrlAs } from "../support/nats-users.ts";
import { type RoleProcess, spawnRole } from "../support/process.ts";
import { createStores } from "../support/stores.ts";

/** Each side checks often. */
const SOON = ["--lease-ms", "2000", "--lease-renew-ms", "500"];
const USUAL = ["--data-limit-bytes", "2000"];
const OTHER = ["--data-limit-bytes", "1000"];

let nats: TestNats;
const running: RoleProcess[] = [];

async function start(role: "gateway" | "dispatcher", flags: readonly string[]) {
  const process = await spawnRole(role, nats.url, [...SOON, ...flags]);
  running.push(process);
  return process;
}

async function ready({ opsPort }: RoleProcess) {
  const response = await fetch(`http://127.0.0.1:${opsPort}/readyz`);
  const body = (await response.json()) as {
    readonly checks: Readonly<Record<string, string>>;
  };
  return { code: response.status, checks: body.checks };
}

/** Resolves when the process warns about another, in its log and its health; returns the check. */
async function warned(process: RoleProcess, peer: string): Promise<string> {
  await eventually(async () => (await ready(process)).checks["settings"] !== "ok");
  const { code, checks } = await ready(process);
  expect(code).toBe(200);
  expect(process.output.some((line) => line.includes(`"peer":"${peer}"`))).toBe(true);
  return checks["settings"] ?? "";
}

async function doctor(): Promise<readonly Finding[]> {
  const url = natsUrlAs("observer", nats.url);
  const argv = [
    bundled("cli/doctor/main.ts"),
    "--nats-url",
    url,
    "--look-again-ms",
    "300",
    "--json",
  ];
  const text = await new Promise<string>((resolve) => {
    execFile(process.execPath, argv, (_error, stdout) => resolve(stdout));
  });
  return JSON.parse(text).findings;
}

beforeAll(async () => {
  nats = await startTestNats();
  await createStores(nats.url);
});
afterAll(async () => {
  for (const process of running.splice(0)) await process.kill9();
  await nats.stop();
});

describe("while all have the same settings", () => {
  test("no process warns", async () => {
    const gateway = await start("gateway", USUAL);
    const dispatcher = await start("dispatcher", USUAL);
    for (const one of [gateway, dispatcher]) {
      expect((await ready(one)).checks["settings"]).toBe("ok");
    }
    expect(await doctor()).toEqual([]);
  });
});

describe("a process with another number of partitions", () => {
  test.each(["dispatcher", "gateway"] as const)("does not start when it is a %s", async (role) => {
    const starting = start(role, [...USUAL, "--partitions", "32"]);
    await expect(starting).rejects.toThrow(
      "--partitions is 32, but this deployment has 64: give all processes the same",
    );
    // It has left nothing behind.
    expect(await doctor()).toEqual([]);
  });
});

describe("a process with another limit", () => {
  test("is noticed when it is a dispatcher: by itself, by the gateway and by the doctor", async () => {
    const [gateway, usual] = running as [RoleProcess, RoleProcess];
    const other = await start("dispatcher", OTHER);
    const own = await warned(other, `gateway ${gateway.id}`);
    expect(own).toBe(`gateway ${gateway.id} has others: data-limit-bytes: 1000, there 2000`);
    const seen = await warned(gateway, `dispatcher ${other.id}`);
    expect(seen).toBe(`dispatcher ${other.id} has others: data-limit-bytes: 2000, there 1000`);
    expect((await ready(usual)).checks["settings"]).toBe("ok");
    expect(await doctor()).toEqual([
      {
        fault: "settings-differ",
        dispatcher: other.id,
        difference: "data-limit-bytes: 1000, there 2000",
      },
    ]);
    await other.stop();
    running.pop();
    await eventually(async () => (await ready(gateway)).checks["settings"] === "ok");
  });

  test("is noticed when it is a gateway", async () => {
    const [, usual] = running as [RoleProcess, RoleProcess];
    const other = await start("gateway", OTHER);
    expect(await warned(other, `dispatcher ${usual.id}`)).toContain("data-limit-bytes: 1000");
    expect(await warned(usual, `gateway ${other.id}`)).toContain("there 1000");
    expect(await doctor()).toMatchObject([{ fault: "settings-differ", gateway: other.id }]);
    await other.stop();
    running.pop();
    await eventually(async () => (await ready(usual)).checks["settings"] === "ok");
  });
});
