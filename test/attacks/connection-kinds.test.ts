/**
 * Viewers' connections too, with and without TLS: no address takes them, or a gateway's open files,
 * from others, and each is counted down whichever way it ends.
 */
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { TestAuthority } from "../support/certificates.ts";
import { metric } from "../support/stack.ts";
import { HANDSHAKE } from "./support/flood.ts";
import { startTarget, type Target } from "./support/target.ts";

const FILES = 1_024;
const TRIED = 600;
const SOON = { timeout: 30_000 };
const ATTACKER = "127.0.0.66";

const WAYS: readonly (readonly [what: string, bytes: string])[] = [
  ["send nothing", ""],
  ["are kept open after a request", "GET /v1/ping HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"],
  ["are kept open after a HEAD", "HEAD /v1/ping HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"],
  ["are kept open after an unknown method", "BREW / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"],
  ["open a WebSocket", HANDSHAKE],
  ["are refused a WebSocket", HANDSHAKE.replace("Version: 13", "Version: 8")],
  ["open an event stream", "GET /v1/videos/v/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"],
];

describe.each(["plain", "TLS"])("a gateway with 1,024 open files (%s)", (transport) => {
  let target: Target;
  let open: Socket[] = [];
  beforeAll(async () => {
    let flags: readonly string[] = [];
    if (transport === "TLS") {
      const authority = await TestAuthority.make();
      const { certFile, keyFile } = await authority.certificate("gateway");
      flags = ["--tls-cert-file", certFile, "--tls-key-file", keyFile];
    }
    target = await startTarget("open", flags, { files: FILES });
  });
  afterAll(async () => await target?.stop());
  afterEach(async () => {
    await endAll();
    expect(target.gateway.child.exitCode).toBeNull();
  });

  const count = (name: string) => metric(target.gateway, `ovation_gateway_${name}`);

  async function endAll(): Promise<void> {
    for (const socket of open) socket.destroy();
    open = [];
    await expect.poll(() => count("open_connections"), SOON).toBe(0);
  }

  function connection(bytes: string, localAddress = ATTACKER): Socket {
    const where = { port: target.port, host: "127.0.0.1", localAddress };
    const socket =
      transport === "TLS" && bytes !== ""
        ? connectTls({ ...where, rejectUnauthorized: false })
        : connect(where);
    socket.on("error", () => undefined);
    if (bytes !== "") socket.write(bytes);
    open.push(socket);
    return socket;
  }

  /** Resolves with the first bytes of the answer. */
  async function answerTo(bytes: string, localAddress: string): Promise<string> {
    const socket = connection(bytes, localAddress);
    return await new Promise((resolve, reject) => {
      socket.once("data", (data) => resolve(data.toString("latin1").slice(0, 12)));
      socket.once("close", () => reject(new Error("closed without an answer")));
    });
  }

  test.each(WAYS)("serves others while 600 connections of one address %s", async (_what, bytes) => {
    const before = await count("connections_refused_total");
    for (let n = 0; n < TRIED; n += 1) connection(bytes).resume();
    const refused = async () => (await count("connections_refused_total")) - before;
    const settled = async () => (await refused()) + (await count("open_connections"));
    await expect.poll(settled, SOON).toBeGreaterThanOrEqual(TRIED - 10);
    // Of 768 connections 730 may be viewers', of which it may have a quarter; and 100 others.
    expect(await count("open_connections")).toBeLessThanOrEqual(182 + 100);
    expect(await answerTo("GET /v1/ping HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "127.0.0.1")).toBe(
      "HTTP/1.1 200",
    );
    expect(await answerTo(HANDSHAKE, "127.0.0.1")).toBe("HTTP/1.1 101");
  });

  test("an address that has closed its connections may open as many again", async () => {
    const refused = await count("connections_refused_total");
    for (const [, bytes] of [...WAYS, ...WAYS]) {
      for (let n = 0; n < 50; n += 1) connection(bytes).resume();
      await expect.poll(() => count("open_connections"), SOON).toBe(50);
      await endAll();
    }
    expect(await count("connections_refused_total")).toBe(refused);
  });
});
