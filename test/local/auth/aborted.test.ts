/** A client that disconnects while its token is verified leaves nothing behind. */
import type { ServerResponse } from "node:http";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { KeySetServer } from "../../support/key-set.ts";
import { metric, TestStack } from "../../support/stack.ts";
import { rsaKeys, tokenOf, VIEWER } from "../../support/tokens.ts";
import { TestSocket } from "../../support/viewer.ts";

const keys = rsaKeys();
let stack: TestStack;
let keySet: KeySetServer;
let token: string;
/** Requests for the key set that wait for an answer. */
const held: ServerResponse[] = [];

beforeAll(async () => {
  keySet = await KeySetServer.start();
  await keySet.hold({ k: keys.publicKey });
  keySet.answer = (response) => void held.push(response);
  stack = await TestStack.start({
    gateways: 0,
    gateway: { open: false, authJwksUrl: keySet.url, lingerMs: 0 },
  });
  token = await tokenOf(VIEWER, { alg: "RS256", key: keys.privateKey, kid: "k" });
});
afterAll(async () => {
  await stack?.stop();
  await keySet?.stop();
});

async function raw(port: number, head: string): Promise<ReturnType<typeof connect>> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  await new Promise<void>((resolve) => socket.once("connect", resolve));
  socket.write(`${head}Host: x\r\nAuthorization: Bearer ${token}\r\n`);
  return socket;
}

test.each([0, 50, 500])("after %i ms", async (afterMs) => {
  held.length = 0;
  const gateway = await stack.addGateway();
  const { port } = gateway;
  // All of these disconnect; one that stayer shows that verification continued.
  const sockets = await Promise.all([TestSocket.open(port), TestSocket.open(port, "msgpack")]);
  for (const socket of sockets) {
    socket.sendMessage({ op: "connect", id: 1, token });
    socket.sendMessage({ op: "subscribe", id: 2, video: "aborted" });
    socket.sendMessage({ op: "refresh", id: 3, token });
  }
  const stayer = await TestSocket.open(port);
  stayer.sendMessage({ op: "connect", id: 1, token });
  const requests = [
    await raw(port, "GET /v1/videos/aborted/events HTTP/1.1\r\nAccept: text/event-stream\r\n"),
    await raw(
      port,
      "POST /v1/videos/aborted/events HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 99\r\n",
    ),
    await raw(port, "GET /v1/videos/aborted/history HTTP/1.1\r\n"),
    await raw(
      port,
      "GET /v1/connect HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: ovation.v1.json\r\n",
    ),
  ];
  for (const request of requests) request.write("\r\n");
  await eventually(() => held.length > 0);
  await wait(afterMs);
  for (const { socket } of sockets) socket.terminate();
  for (const request of requests) request.destroy();
  const open = () => metric(gateway, "ovation_gateway_websockets");
  await eventually(async () => (await open()) === 1);
  // Now the keys arrive: the waiting requests continue, without a client.
  keySet.answer = undefined;
  const body = JSON.stringify({
    keys: [{ ...keys.publicKey.export({ format: "jwk" }), kid: "k" }],
  });
  for (const response of held) response.end(body);
  expect(await stayer.answerTo(1)).toMatchObject({ op: "result" });
  stayer.sendMessage({ op: "ping", id: 2 });
  expect(await stayer.answerTo(2)).toMatchObject({ op: "result" });
  expect(await open()).toBe(1);
  expect(await metric(gateway, "ovation_gateway_event_streams")).toBe(0);
  await eventually(async () => (await metric(gateway, "ovation_gateway_videos")) === 0);
  await stayer.close();
  await eventually(async () => (await open()) === 0);
  await gateway.stop();
  stack.gateways.length = 0;
  keySet.answer = (response) => void held.push(response);
});
