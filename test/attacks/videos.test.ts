/** One client can't take all videos of a gateway, over any number of connections and wires. */
import { afterEach, describe, expect, test } from "vitest";
import { TestStack } from "../support/stack.ts";
import { SECRET, tokenOf, VIEWER } from "../support/tokens.ts";
import { TestEventStream, TestSocket } from "../support/viewer.ts";

const VIDEOS = 300;
const CONNECTIONS = 3;
/** A quarter is less than what one connection may watch. */
const SHARE = 100;

let stack: TestStack | undefined;
afterEach(async () => await stack?.stop());

interface Client {
  readonly from: string;
  readonly sub?: string;
}

describe.each(["tokens", "--open"])("with %s", (access) => {
  async function start(): Promise<number> {
    const auth = access === "--open" ? {} : { open: false, authSecret: SECRET };
    const gateway = { ...auth, videosLimit: VIDEOS, clientSharePercent: 25 };
    const proxies = { trustedProxies: ["127.0.0.0/8"], lingerMs: 0 };
    stack = await TestStack.start({ gateway: { ...gateway, ...proxies } });
    return stack.gateway.port;
  }

  async function headersOf({ from, sub }: Client) {
    const token = await tokenOf({ ...VIEWER, sub });
    return { authorization: `Bearer ${token}`, "x-forwarded-for": from };
  }

  async function connect(port: number, client: Client): Promise<TestSocket> {
    const socket = await TestSocket.open(port, "json", await headersOf(client));
    expect(await socket.ask("connect")).toMatchObject({ op: "result" });
    return socket;
  }

  /** Watches made-up videos until refused. @returns how many it got */
  async function grab(port: number, clients: readonly Client[]): Promise<number> {
    let got = 0;
    for (const [index, client] of clients.entries()) {
      const socket = await connect(port, client);
      for (let n = 0; n < VIDEOS / CONNECTIONS; n += 1) {
        const answer = await socket.ask("subscribe", { video: `made-up-${index}-${n}` });
        if (answer.op === "result") got += 1;
        else expect(answer).toMatchObject({ code: "videos_exceeded" });
      }
    }
    return got;
  }

  async function watches(port: number, client: Client, video: string): Promise<void> {
    const socket = await connect(port, client);
    expect(await socket.ask("subscribe", { video })).toMatchObject({ op: "result" });
    const stream = await TestEventStream.open(port, `${video}-sse`, {
      headers: await headersOf(client),
    });
    await stream.until(() => stream.messages.length > 0);
    expect(stream.messages[0]).toMatchObject({ op: "result" });
    stream.close();
    await socket.close();
  }

  test("a client gets its share over three connections, and others watch new videos", async () => {
    const port = await start();
    const attacker = { from: "198.51.100.7", sub: "mallory" };
    const got = await grab(
      port,
      Array.from({ length: CONNECTIONS }, () => attacker),
    );
    expect(got).toBe(SHARE);
    await watches(port, { from: "192.0.2.1", sub: "anna" }, "launch");
    const headers = await headersOf(attacker);
    const stream = await TestEventStream.open(port, "another", { headers });
    await stream.until(() => stream.isEnded);
    expect(stream.messages).toMatchObject([{ op: "error", code: "videos_exceeded" }]);
    // What it watches already, it may watch with another connection.
    const again = await connect(port, attacker);
    expect(await again.ask("subscribe", { video: "made-up-0-0" })).toMatchObject({ op: "result" });
  });

  test("what a client no longer watches is not counted, however its connection ended", async () => {
    const port = await start();
    const client = { from: "198.51.100.8", sub: "ben" };
    for (let round = 0; round < 3; round += 1) {
      const socket = await connect(port, client);
      for (let n = 0; n < SHARE / 2; n += 1) {
        const video = `round-${round}-${n}`;
        await expect
          .poll(async () => (await socket.ask("subscribe", { video })).op, { timeout: 30_000 })
          .toBe("result");
      }
      socket.socket.terminate();
    }
  });

  if (access === "--open") return;

  test("actors of one address together leave room for other addresses", async () => {
    const port = await start();
    const clients = ["a", "b", "c"].map((sub) => ({ from: "198.51.100.9", sub }));
    expect(await grab(port, clients)).toBe(2 * SHARE);
    await watches(port, { from: "192.0.2.1", sub: "anna" }, "launch");
  });

  test("an actor's share does not depend on where it is", async () => {
    const port = await start();
    const clients = ["1", "2", "3"].map((n) => ({ from: `198.51.100.${n}`, sub: "mallory" }));
    expect(await grab(port, clients)).toBe(SHARE);
  });
});
