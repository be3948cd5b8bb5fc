/** The hands of who is on call: found, disconnected, drained, frozen, and each act says who did it. */
import { execFile } from "node:child_process";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundled } from "../support/bundle.ts";
import { ovationAs, type Ran } from "../support/cli.ts";
import { eventually } from "../support/eventually.ts";
import { MODERATOR, moderatedStack } from "../support/moderation.ts";
import { TestStack } from "../support/stack.ts";
import { fileWith, SECRET, tokenOf, VIEWER } from "../support/tokens.ts";
import { post, TestSocket } from "../support/viewer.ts";

const logged: string[] = [];
let stack: TestStack;
beforeAll(async () => {
  const gatewayLog = pino({ level: "info" }, { write: (line) => void logged.push(line) });
  stack = await TestStack.start({ ...moderatedStack(), gateways: 2, gatewayLog });
});
afterAll(() => stack?.stop());

async function ops(...words: string[]): Promise<Ran> {
  return await ovationAs("admin", stack.nats.url, "ops", ...words);
}

async function anna(at: number): Promise<TestSocket> {
  const { port } = stack.gatewayAt(at);
  const socket = await TestSocket.connect(port, "msgpack", await tokenOf(VIEWER));
  await socket.ask("subscribe", { video: "launch" });
  return socket;
}

test("an operator finds the viewers of a video and of an actor, and disconnects them", async () => {
  const sockets = [await anna(0), await anna(1), await anna(1)];
  await stack.mirrored("launch", 3);
  const { stdout } = await ops("who", "video", "launch", "--json");
  const { gateways } = JSON.parse(stdout) as { gateways: Record<string, unknown>[] };
  const viewersOf = Object.fromEntries(gateways.map((one) => [one["gateway"], one["viewers"]]));
  expect(viewersOf).toEqual({ [stack.gatewayAt(0).id]: 1, [stack.gatewayAt(1).id]: 2 });

  const found = await ops("who", "actor", "anna");
  expect(found).toMatchObject({ code: 0, stderr: "" });
  const name = new RegExp(
    `  (${stack.gatewayAt(0).id}\\.\\d+)  msgpack  open for \\d+ s  launch\\n`,
  );
  const [, connection = ""] = name.exec(found.stdout) ?? [];
  expect(connection).not.toBe("");
  expect((await ops("who", "actor", "nobody")).code).toBe(1);

  expect((await ops("disconnect", "connection", connection)).stdout).toMatch(/^1 connections/);
  await sockets[0]?.untilClosed();
  expect((await ops("disconnect", "actor", "anna")).stdout).toMatch(/^2 connections/);
  await Promise.all(sockets.map((socket) => socket.untilClosed()));
  const acts = logged.filter((line) => line.includes("an operator disconnects viewers"));
  expect(acts.some((line) => line.includes('"by":"cli:') && line.includes('"anna"'))).toBe(true);
});

test("an operator changes a limit at every gateway for a time, and ends it early", async () => {
  const token = await tokenOf(VIEWER);
  /** Whether this gateway takes 20 publishes at once. */
  const takes = async (at: number) => {
    const { port } = stack.gatewayAt(at);
    for (let count = 0; count < 20; count += 1) {
      if ((await post(port, "busy", { kind: "like" }, token)).status === 429) return false;
    }
    return true;
  };
  const limit = "http-publishes-per-second";
  expect((await ops("limit", `${limit}=1`)).stdout).toMatch(new RegExp(`^${limit} is 1 until 20`));
  for (const at of [0, 1]) await eventually(async () => !(await takes(at)));
  expect((await ops("limit", `${limit}=default`)).code).toBe(0);
  for (const at of [0, 1]) await eventually(async () => await takes(at));

  await ops("limit", `${limit}=1`, "--for-ms", "1000");
  await eventually(() => logged.filter((line) => line.includes("the settings again")).length >= 4);
  expect(await takes(0)).toBe(true);
  expect(logged.some((line) => /changed a limit/.test(line) && /"by":"cli:/.test(line))).toBe(true);
  // That of arriving viewers counts for everybody too.
  await ops("limit", "connections-per-second=1");
  const isRefused = async () => {
    const { port } = stack.gatewayAt(0);
    const sockets = await Promise.allSettled([1, 2, 3].map(() => TestSocket.open(port)));
    for (const one of sockets) if (one.status === "fulfilled") await one.value.close();
    return sockets.some(({ status }) => status === "rejected");
  };
  await eventually(isRefused);
  await ops("limit", "connections-per-second=default");
  await eventually(async () => !(await isRefused()));
  const wrong = await ops("limit", "lease-ms=1");
  expect(wrong).toMatchObject({ code: 2, stdout: expect.stringContaining("likes-per-second") });
});

test("an operator drains a gateway: its process is asked to end, with who asked", async () => {
  const gateway = stack.gatewayAt(1);
  expect((await ops("drain", "nobody")).code).toBe(1);
  expect(await ops("drain", gateway.id)).toMatchObject({ code: 0, stderr: "" });
  expect(await gateway.stopRequested).toMatch(/^drained by cli/);
});

test("a frozen video takes nothing from viewers until it is opened again", async () => {
  const { port } = stack.gatewayAt(0);
  const run = async (...words: string[]) => {
    const env = {
      ...process.env,
      OVATION_URL: `http://127.0.0.1:${port}`,
      OVATION_TOKEN: MODERATOR,
    };
    const argv = [bundled("cli/main.ts"), "freeze", ...words];
    return await new Promise<number>((resolve) => {
      execFile(process.execPath, argv, { env }, (error) => resolve(Number(error?.code ?? 0)));
    });
  };
  const token = await tokenOf(VIEWER);
  const status = async (kind: string) =>
    (await post(port, "cold", { kind, data: {} }, token)).status;
  expect(await status("like")).toBe(200);
  expect(await run("cold")).toBe(0);
  await eventually(async () => (await status("like")) === 403 && (await status("comment")) === 403);
  expect(await run("cold", "--off")).toBe(0);
  await eventually(async () => (await status("like")) === 200);
});

test("the ops port shows the settings in effect, without secrets", async () => {
  const page = await fetch(`http://127.0.0.1:${stack.gatewayAt(0).opsPort}/settings`);
  const text = await page.text();
  expect(JSON.parse(text)).toMatchObject({
    role: "gateway",
    id: stack.gatewayAt(0).id,
    settings: { host: "127.0.0.1", authSecret: "[redacted]" },
  });
  expect(text).not.toContain(SECRET);
  expect(text).not.toContain("-gateway-of-a-test");
});

test("the settings of a role are checked without starting it", async () => {
  const check = async (text: string) => {
    const argv = [bundled("cli/main.ts"), "check-config", "gateway", "--env-file", fileWith(text)];
    return await new Promise<Ran>((resolve) => {
      execFile(process.execPath, argv, (error, stdout, stderr) => {
        resolve({ code: Number(error?.code ?? 0), stdout, stderr });
      });
    });
  };
  const right = await check(
    `OVATION_AUTH_SECRET=${SECRET.replaceAll(" ", "-")}\nOVATION_PORT=8081\n`,
  );
  expect(right).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(right.stdout)).toMatchObject({
    settings: { port: 8081, authSecret: "[redacted]" },
  });
  const wrong = await check("OVATION_OPEN=true\nOVATION_PROT=8081\nOVATION_LEASE_MS=1\n");
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain("OVATION_PROT");
  expect(wrong.stderr).toContain("OVATION_LEASE_MS");
});
