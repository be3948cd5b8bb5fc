/** The error codes for a missing connection: what is at the URL, and what stands between. */
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { OvationOptions } from "../../sdk/index.ts";
import { TestStack } from "../support/stack.ts";
import { client, connected, statesOf } from "./support/client.ts";
import { Network } from "./support/network.ts";

let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start();
});
afterAll(async () => await stack?.stop());

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** A server that is not a gateway. */
async function stranger(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no address");
  return `http://127.0.0.1:${address.port}`;
}

const TRANSPORTS = ["auto", "websocket", "sse"] as const;
const STRANGERS: readonly (readonly [string, string, RequestListener])[] = [
  ["404", "wrong_address", (_, response) => response.writeHead(404).end()],
  [
    "a web page",
    "wrong_address",
    (_, response) => response.setHeader("Content-Type", "text/html").end("<h1>Welcome</h1>"),
  ],
  [
    "other JSON",
    "wrong_address",
    (_, response) => response.setHeader("Content-Type", "application/json").end('{"ok":true}'),
  ],
  [
    "another API's 404",
    "wrong_address",
    (_, response) =>
      response
        .writeHead(404, { "Content-Type": "application/json" })
        .end('{"error":{"code":"forbidden","message":"Not here"}}'),
  ],
  [
    "another API's refusal",
    "unreachable",
    (_, response) =>
      response
        .writeHead(403, { "Content-Type": "application/json" })
        .end('{"error":{"message":"Forbidden"}}'),
  ],
  [
    "a sign-in page's status",
    "captive_portal",
    (_, response) => response.writeHead(511, { "Content-Type": "text/html" }).end("<h1>Pay</h1>"),
  ],
  [
    "a redirect to elsewhere",
    "captive_portal",
    (request, response) =>
      request.headers.host?.startsWith("localhost") === true
        ? response.setHeader("Content-Type", "text/html").end("<h1>Sign in</h1>")
        : response
            .writeHead(302, { Location: `http://localhost:${request.socket.localPort}/in` })
            .end(),
  ],
  ["a proxy's 502", "unreachable", (_, response) => response.writeHead(502).end("<h1>502</h1>")],
  ["another server's 401", "unreachable", (_, response) => response.writeHead(401).end("no")],
];

/** Resolves when the client has this reason. */
async function reasonOf(url: string, code: string, options: Partial<OvationOptions> = {}) {
  const ovation = client(url, options);
  const states = statesOf(ovation);
  ovation.connect();
  await states.first((state) => state.name === "reconnecting" && state.reason.code === code);
  return { ovation, states };
}

describe.each(TRANSPORTS)("over %s", (transport) => {
  test.each(STRANGERS)(
    "%s is reported as %s, and never counts as connected",
    async (_, code, answer) => {
      const { states } = await reasonOf(await stranger(answer), code, { transport });
      // The state stays the same, attempt after attempt.
      const attempt = states.all.at(-1)?.name === "reconnecting" ? states.all.length : 0;
      await states.until((all) => all.length > attempt + 4);
      const later = states.all.slice(attempt);
      for (const state of later) {
        expect(state).toMatchObject({ name: "reconnecting", reason: { code } });
      }
    },
  );

  test("a gateway at another path is reported as wrong_address", async () => {
    const url = `http://127.0.0.1:${stack.gateway.port}/live`;
    const { states } = await reasonOf(url, "wrong_address", { transport });
    expect(states.all.some(({ name }) => name === "connected")).toBe(false);
  });

  test("a closed port is reported as unreachable", async () => {
    const url = await stranger(() => undefined);
    for (const server of servers.splice(0)) server.close();
    const { states } = await reasonOf(url, "unreachable", { transport });
    await states.first(
      (state) => state.name === "reconnecting" && state.reason.message.includes("ECONNREFUSED"),
    );
  });
});

describe("where WebSockets are blocked", () => {
  test("the fallback connection says why it has none", async () => {
    const network = await Network.start(stack.gateway.port);
    network.blocksWebSockets = true;
    const ovation = client(network.url);
    ovation.connect();
    expect(await connected(ovation)).toMatchObject({
      via: "sse",
      reason: { code: "websocket_blocked" },
    });
    await network.stop();
  });

  test("an application that wants nothing else gets the reason", async () => {
    const network = await Network.start(stack.gateway.port);
    network.blocksWebSockets = true;
    await reasonOf(network.url, "websocket_blocked", { transport: "websocket" });
    await network.stop();
  });

  test("a client with a WebSocket, or that wants none, gets no reason", async () => {
    for (const transport of ["auto", "sse"] as const) {
      const ovation = client(`http://127.0.0.1:${stack.gateway.port}`, { transport });
      ovation.connect();
      expect((await connected(ovation)).reason).toBeUndefined();
    }
  });
});

describe("finding the reason", () => {
  test("costs one request per series of failures", async () => {
    const seen: string[] = [];
    const url = await stranger((request, response) => {
      seen.push(`${request.headers.upgrade ?? "http"} ${request.url}`);
      response.writeHead(503).end();
    });
    const { states } = await reasonOf(url, "unreachable", { transport: "websocket" });
    await states.first((state) => state.name === "reconnecting" && state.attempt > 4);
    expect(seen.filter((line) => line.startsWith("http "))).toEqual(["http /v1/connect"]);
  });

  test("a refusal by the connection rate is reported as such, not as a blocked WebSocket", async () => {
    const slow = await stack.addGateway({ connectionsPerSecond: 1 });
    const url = `http://127.0.0.1:${slow.port}`;
    const ovations = Array.from({ length: 4 }, () => client(url, { transport: "websocket" }));
    const all = ovations.map((ovation) => statesOf(ovation));
    for (const ovation of ovations) ovation.connect();
    await Promise.all(all.map((states) => states.first(({ name }) => name === "connected")));
    const codes = all.flatMap((states) =>
      states.all.map((state) => (state.name === "reconnecting" ? state.reason.code : "")),
    );
    expect(codes).toContain("overloaded");
    expect(codes).not.toContain("websocket_blocked");
  });

  test("a gateway's refusal of a WebSocket is reported with its own code", async () => {
    const full = await stack.addGateway({ connectionsPerAddress: 1 });
    const url = `http://127.0.0.1:${full.port}`;
    const first = client(url);
    first.connect();
    await connected(first);
    const { states } = await reasonOf(url, "connections_exceeded", { transport: "websocket" });
    expect(states.all.some(({ name }) => name === "connected")).toBe(false);
  });
});
