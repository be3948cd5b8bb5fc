/** `npm start` from the outside: what it prints can be pasted. Linux only, because of /proc. */

import { readdirSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { connect } from "nats";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../kit/nats/free-port.ts";
import { PATIENCE } from "../support/nats-users.ts";
import { type Command, NpmStart, shell } from "./npm-start.ts";

const UP_MS = 60_000;
const SOON = { timeout: 60_000, interval: 200 };
const NAMES = ["nats", "dispatcher-1", "dispatcher-2", "gateway-1", "gateway-2"];
/** Health and metrics of four processes. */
const ALL_WELL = Array.from({ length: 8 }, () => 200);

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe.runIf(process.platform === "linux")("npm start", () => {
  let stack: NpmStart;
  let port = 0;
  const listeners: Command[] = [];

  beforeAll(async () => {
    port = await freePort();
    stack = new NpmStart("--port", String(port), "--gateways", "2", "--dispatchers", "2");
    await stack.up();
  }, UP_MS);

  afterEach(() => {
    for (const listener of listeners.splice(0)) listener.signalGroup("SIGKILL");
  });

  afterAll(() => stack.cleanUp());

  function listen(beginning: string): Command {
    const listener = shell(stack.printedCommand(beginning));
    listeners.push(listener);
    return listener;
  }

  /** The status of every printed address for health and metrics; 0 without an answer. */
  async function opsStatuses(): Promise<readonly number[]> {
    const urls = stack.output.match(/http:\/\/127\.0\.0\.1:\d+\/(readyz|metrics)/g) ?? [];
    const status = (url: string) => fetch(url).then((answer) => answer.status);
    return await Promise.all(urls.map((url) => status(url).catch(() => 0)));
  }

  /**
   * Publishes with the printed command until the listener gets a like: it rightly gets none from
   * before it subscribed.
   */
  async function expectLikes(listener: Command): Promise<void> {
    const like = async () => {
      const command = shell(stack.printedCommand("curl -X POST"));
      await command.ended;
      return `${command.output}\n${listener.output}`;
    };
    await expect.poll(like, SOON).toMatch(/"accepted":\["[\s\S]*"kind":"like"/);
  }

  test("says what it starts, and prints no colours into a pipe", () => {
    expect(stack.output).toMatch(/^Starting 2 gateways on port \d+ and 2 dispatchers/m);
    for (const name of NAMES) expect(lives(stack.pidOf(name)), name).toBe(true);
    expect(stack.output).not.toContain("\u001b");
  });

  test("serves health and metrics where it says", async () => {
    expect(await opsStatuses()).toEqual(ALL_WELL);
  });

  test("pages of this machine are accepted, files too, and another one's error says which setting allows it", async () => {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(
      stack.output.slice(stack.output.indexOf("Gateways")),
    )?.[0];
    const ask = async (origin: string) => {
      const response = await fetch(`${url}/v1/connect`, { headers: { origin } });
      return (await response.json()) as { error: { code: string; message: string } };
    };
    for (const origin of ["http://localhost:5173", "null"]) {
      expect(await ask(origin)).toMatchObject({ error: { code: "handshake_invalid" } });
    }
    const { error } = await ask("https://shop.example");
    expect(error.code).toBe("origin_refused");
    expect(error.message).toContain("--allowed-origins same-origin,https://shop.example");
  });

  test("the printed curl listens, and receives what the other printed curl publishes", async () => {
    await expectLikes(listen("curl -N"));
  }, 30_000);

  test("the printed WebSocket line listens", async () => {
    const listener = listen("npx node -e");
    await listener.prints(/\{"op":"result","id":2\b/);
    await expectLikes(listener);
  }, 30_000);

  test("the printed login publishes over NATS, and deletes", async () => {
    const url = new URL(stack.printedCommand("export NATS_URL=").replace("export NATS_URL=", ""));
    const service = await connect({
      servers: url.host,
      user: url.username,
      pass: url.password,
      inboxPrefix: "_INBOX.publisher",
    });
    try {
      const comment = JSON.stringify({ kind: "comment", id: "by-service", data: { text: "hi" } });
      const published = await service.request("ov.publish.launch", comment, PATIENCE);
      expect(published.json()).toMatchObject({ accepted: ["by-service"] });
      const back = await service.request(
        "ov.retract.launch",
        JSON.stringify({ id: "by-service" }),
        PATIENCE,
      );
      expect(back.json()).toMatchObject({ accepted: ["by-service"] });
    } finally {
      await service.close();
    }
  });

  test("a second one on the same port says that it is taken, and how to use another", async () => {
    const second = new NpmStart("--port", String(port));
    try {
      expect((await second.ended).code).toBe(1);
      expect(second.output).toContain(`Port ${port} is taken`);
      expect(second.output).toContain(`npm start -- --port ${port + 1}`);
      expect(second.alive()).toEqual([]);
    } finally {
      await second.cleanUp();
    }
  }, 30_000);

  test("an unknown flag is refused with its name", async () => {
    const wrong = new NpmStart("--gateway", "3");
    try {
      expect((await wrong.ended).code).toBe(2);
      expect(wrong.output).toContain("--gateway is not a flag (did you mean --gateways?)");
    } finally {
      await wrong.cleanUp();
    }
  }, 30_000);

  test.each(["dispatcher-1", "gateway-2", "nats"])(
    "%s is restarted when it dies",
    async (name) => {
      process.kill(stack.pidOf(name), "SIGKILL");
      await stack.prints(new RegExp(`^${name} died: killed by SIGKILL.* again in 1 s$`, "m"));
      const [, pid] = await stack.prints(new RegExp(`^${name} is back \\(pid (\\d+)\\)$`, "m"));
      expect(lives(Number(pid))).toBe(true);
      // After nats was away, the others need a moment to reconnect, which shows here.
      await expect.poll(opsStatuses, SOON).toEqual(ALL_WELL);
      await expectLikes(listen("curl -N"));
    },
    60_000,
  );

  test("one Ctrl-C stops everything, and leaves nothing behind", async () => {
    stack.signalGroup("SIGINT");
    expect(await stack.ended).toEqual({ code: 0, signal: null });
    expect(stack.output).toMatch(/Stopping the gateways\n.*\n.*\nOvation is stopped\n/);
    expect(stack.output).not.toMatch(/Killing|is killed/);
    expect(stack.alive()).toEqual([]);
    for (const name of NAMES) expect(lives(stack.pidOf(name)), name).toBe(false);
    expect(readdirSync(stack.temporary).filter((name) => name.startsWith("ovation"))).toEqual([]);
  }, 60_000);
});

describe.runIf(process.platform === "linux")("an unplanned end", () => {
  let stack: NpmStart;

  async function start(): Promise<void> {
    const port = await freePort();
    stack = new NpmStart("--port", String(port), "--gateways", "1", "--dispatchers", "1");
  }

  afterEach(() => stack.cleanUp());

  test("kill -9 leaves no process behind", async () => {
    await start();
    await stack.up();
    process.kill(stack.pid, "SIGKILL");
    await expect.poll(() => stack.alive(), SOON).toEqual([]);
    expect((await stack.ended).code).not.toBe(0);
  }, 90_000);

  test("a second Ctrl-C kills what does not stop", async () => {
    await start();
    await stack.up();
    process.kill(stack.pidOf("gateway-1"), "SIGSTOP");
    stack.signalGroup("SIGINT");
    await stack.prints(/^Stopping the gateways$/m);
    // Only time distinguishes a second Ctrl-C from the copy of the first that npm forwards.
    await wait(1_500);
    stack.signalGroup("SIGINT");
    await stack.prints(/^Killing everything$/m);
    expect((await stack.ended).code).toBe(1);
    expect(stack.alive()).toEqual([]);
    expect(readdirSync(stack.temporary).filter((name) => name.startsWith("ovation"))).toEqual([]);
  }, 90_000);

  test("a Ctrl-C during the start stops what is running by then", async () => {
    await start();
    await stack.prints(/^nats is ready/m);
    stack.signalGroup("SIGINT");
    expect(await stack.ended).toEqual({ code: 0, signal: null });
    expect(stack.alive()).toEqual([]);
    expect(readdirSync(stack.temporary).filter((name) => name.startsWith("ovation"))).toEqual([]);
  }, 90_000);
});
