/** What an opening handshake must contain, and the errors of invalid ones. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../kit/nats/free-port.ts";
import { type RoleProcess, spawnRole } from "../support/process.ts";
import { type HttpAnswer, RawSocket } from "../support/raw.ts";
import { TestStack } from "../support/stack.ts";
import { TestSocket } from "../support/viewer.ts";
import { handshake } from "../support/websocket-wire.ts";

/** The value in RFC 6455 section 1.3 for the key of {@link handshake}. */
const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

describe("a handshake", () => {
  let stack: TestStack;

  beforeAll(async () => {
    stack = await TestStack.start({ dispatchers: 0 });
  });
  afterAll(async () => {
    await stack?.stop();
  });

  async function answerTo(request: string): Promise<HttpAnswer> {
    const socket = await RawSocket.open(stack.gateway.port);
    socket.write(request);
    const answer = await socket.response();
    if (answer.status !== 101) {
      // It was refused, not dropped: the connection accepts the next request.
      socket.write(handshake());
      expect((await socket.response()).status).toBe(101);
    }
    socket.destroy();
    return answer;
  }

  test("that is valid opens a WebSocket with the requested subprotocol", async () => {
    const { status, headers } = await answerTo(handshake());
    expect(status).toBe(101);
    expect(headers).toMatchObject({
      "sec-websocket-accept": ACCEPT,
      "sec-websocket-protocol": "ovation.v1.json",
    });
    expect(headers).not.toHaveProperty("sec-websocket-extensions");
  });

  test.each([
    ["a Connection of several tokens", { Connection: "keep-alive, Upgrade" }],
    ["different letter case", { Upgrade: "WebSocket", Connection: "UPGRADE" }],
    [
      "an extension that the gateway doesn't have",
      { "Sec-WebSocket-Extensions": "permessage-deflate" },
    ],
  ])("with %s is valid", async (_what, headers) => {
    const answer = await answerTo(handshake(headers));
    expect(answer.status).toBe(101);
    expect(answer.headers).not.toHaveProperty("sec-websocket-extensions");
  });

  test.each(["8", "0", "14", "130", "13, 8", undefined])(
    "of version %s is answered 426 with the supported version",
    async (version) => {
      const answer = await answerTo(handshake({ "Sec-WebSocket-Version": version }));
      expect(answer.status).toBe(426);
      expect(answer.headers["sec-websocket-version"]).toBe("13");
      expect(answer.error["code"]).toBe("version_unsupported");
    },
  );

  test.each([
    ["no Upgrade", { Upgrade: undefined }],
    ["another Upgrade", { Upgrade: "h2c" }],
    ["no Connection", { Connection: undefined }],
    ["a Connection that only looks similar", { Connection: "keep-alive, upgraded" }],
    ["no key", { "Sec-WebSocket-Key": undefined }],
    ["a key that is too short", { "Sec-WebSocket-Key": "c2hvcnQ=" }],
    ["a key that is not base64", { "Sec-WebSocket-Key": "!!!!!!!!!!!!!!!!!!!!!!==" }],
    ["a key of another length", { "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZWF4" }],
  ])("with %s is answered 400 with a named error", async (_what, headers) => {
    const answer = await answerTo(handshake(headers));
    expect(answer.status).toBe(400);
    expect(answer.error["code"]).toBe("handshake_invalid");
  });

  test.each([
    undefined,
    "",
    "graphql-ws",
    "ovation.v2.json",
    "OVATION.V1.JSON",
    "ovation.v1",
    "toString",
  ])(
    "that offers the subprotocol %s is answered 400 with the supported ones",
    async (subprotocol) => {
      const answer = await answerTo(handshake({ "Sec-WebSocket-Protocol": subprotocol }));
      expect(answer.status).toBe(400);
      expect(answer.error["code"]).toBe("subprotocol_unsupported");
      expect(answer.error["message"]).toContain("ovation.v1.msgpack, ovation.v1.json");
    },
  );

  test.each([
    ["ovation.v1.json, ovation.v1.msgpack", "ovation.v1.json"],
    ["ovation.v1.msgpack,ovation.v1.json", "ovation.v1.msgpack"],
    ["ovation.v9.json,  ovation.v1.msgpack", "ovation.v1.msgpack"],
  ])("that offers %s gets the first supported one", async (offered, chosen) => {
    const answer = await answerTo(handshake({ "Sec-WebSocket-Protocol": offered }));
    expect(answer.status).toBe(101);
    expect(answer.headers["sec-websocket-protocol"]).toBe(chosen);
  });

  test("with another method or path opens nothing", async () => {
    const byPost = await answerTo(handshake().replace("GET", "POST"));
    expect([byPost.status, byPost.error["code"]]).toEqual([400, "handshake_invalid"]);
    const elsewhere = await answerTo(handshake().replace("/v1/connect", "/v1/connect/"));
    expect([elsewhere.status, elsewhere.error["code"]]).toEqual([404, "not_found"]);
  });
});

describe("two gateways on one port", () => {
  let stack: TestStack;
  const processes: RoleProcess[] = [];

  beforeAll(async () => {
    stack = await TestStack.start({ gateways: 0, dispatchers: 0 });
  });
  afterAll(async () => {
    for (const process of processes) await process.kill9();
    await stack?.stop();
  });

  async function spawned(flags: readonly string[]): Promise<RoleProcess> {
    const process = await spawnRole("gateway", stack.nats.url, flags);
    processes.push(process);
    return process;
  }

  test("both get connections when they share it, and one gets all when the other stops", async () => {
    // A port chosen by the kernel can't be shared: both need the same fixed one.
    const flags = ["--share-port", "--port", String(await freePort())];
    const first = await spawned(flags);
    const second = await spawned(flags);
    expect(second.port).toBe(first.port);
    const reached = async () => {
      const viewer = await TestSocket.open(first.port);
      const { gateway } = await viewer.ask("connect");
      await viewer.close();
      return gateway;
    };
    // The kernel chooses by the client's port: 64 times the same gateway has a chance of 1 in 2^63.
    const gateways = new Set<unknown>();
    for (let n = 0; n < 64 && gateways.size < 2; n += 1) gateways.add(await reached());
    expect(gateways).toEqual(new Set([first.id, second.id]));
    expect(await second.stop()).toBe(0);
    for (let n = 0; n < 16; n += 1) expect(await reached()).toBe(first.id);
  });

  test("the second does not start when they don't share it, and names the port", async () => {
    const first = await spawned([]);
    const port = String(first.port);
    await expect(spawned(["--port", port])).rejects.toThrow(
      new RegExp(`gateway ended:[^]*port ${port} on 127\\.0\\.0\\.1 can't be listened on`),
    );
    const viewer = await TestSocket.open(first.port);
    expect(await viewer.ask("connect")).toMatchObject({ gateway: first.id });
    await viewer.close();
  });
});
