/**
 * Nobody takes a gateway's connections or open files from others, with connections that send
 * nothing, a part of a request, or are kept open after one: at a process with few files.
 */
import { connect, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ask } from "../../support/raw.ts";
import { metric } from "../../support/stack.ts";
import { TestSocket } from "../../support/viewer.ts";
import { startTarget, type Target } from "../support/target.ts";

const FILES = 1_024;
const TRIED = 1_500;
/** The share of one address: its least. */
const ALLOWED = 100;
const SOON = { timeout: 30_000 };
const ATTACKER = "127.0.0.66";

/** What an attacker sends on each connection. */
const WAYS: readonly (readonly [what: string, bytes: string])[] = [
  ["send nothing", ""],
  ["send half a request", "GET /v1/ping HTTP/1.1\r\nHost:"],
  ["are kept open after a request", "GET /v1/ping HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"],
  ["are kept open after a refused one", "GET /nothing HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"],
  ["wait for a poll", "GET /v1/videos/v/events?wait=30000 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"],
  [
    "send no body",
    "POST /v1/videos/v/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n",
  ],
];

describe("a gateway with 1,024 open files", () => {
  let target: Target;
  let open: Socket[] = [];
  beforeAll(async () => {
    target = await startTarget("open", [], { files: FILES });
  });
  afterAll(async () => await target?.stop());
  afterEach(async () => {
    for (const socket of open) socket.destroy();
    open = [];
    const others = () => metric(target.gateway, "ovation_gateway_open_connections");
    await expect.poll(others, SOON).toBe(0);
  });

  function connection(bytes: string): Socket {
    const socket = connect({ port: target.port, host: "127.0.0.1", localAddress: ATTACKER });
    socket.on("error", () => undefined);
    socket.resume();
    if (bytes !== "") socket.write(bytes);
    return socket;
  }

  test.each(WAYS)(
    "serves others while 1,500 connections of one address %s",
    async (_what, bytes) => {
      for (let n = 0; n < TRIED; n += 1) open.push(connection(bytes));
      const ended = () => open.filter(({ destroyed }) => destroyed).length;
      await expect.poll(ended, SOON).toBeGreaterThanOrEqual(TRIED - ALLOWED);
      const count = await metric(target.gateway, "ovation_gateway_open_connections");
      expect(count).toBeLessThanOrEqual(ALLOWED);
      const viewer = await TestSocket.connect(target.port);
      expect(await viewer.ask("subscribe", { video: "launch" })).toMatchObject({ op: "result" });
      await viewer.close();
      expect(await ask(target.port, { path: "/v1/ping" })).toMatchObject({ status: 200 });
    },
  );

  test("counts connections down, whichever way they end", async () => {
    const count = (name: string) => metric(target.gateway, `ovation_gateway_${name}`);
    const refused = await count("connections_refused_total");
    // Together more than an address may have at once.
    for (const [, bytes] of [...WAYS, ...WAYS]) {
      for (let n = 0; n < ALLOWED / 2; n += 1) open.push(connection(bytes));
      await expect.poll(() => count("open_connections"), SOON).toBe(ALLOWED / 2);
      for (const socket of open) socket.destroy();
      open = [];
      await expect.poll(() => count("open_connections"), SOON).toBe(0);
    }
    expect(await count("connections_refused_total")).toBe(refused);
  });
});
