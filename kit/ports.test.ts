import { createServer, type Server } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { freePort } from "./nats/free-port.ts";
import { freePorts, gatewayPortFault, portFaultText } from "./ports.ts";

let server: Server | undefined;

afterEach(async () => {
  await new Promise<void>((resolve) => {
    if (server === undefined) resolve();
    else server.close(() => resolve());
  });
  server = undefined;
});

function occupy(host: string, port: number, reusePort: boolean): Promise<void> {
  const occupier = createServer();
  server = occupier;
  return new Promise((resolve, reject) => {
    occupier.once("error", reject);
    occupier.listen({ host, port, reusePort }, resolve);
  });
}

describe("the gateways' port", () => {
  test("is free where nobody listens, and still is after the check", async () => {
    const port = await freePort();
    expect(await gatewayPortFault(port)).toBeUndefined();
    expect(await gatewayPortFault(port)).toBeUndefined();
  });

  test.each([
    ["127.0.0.1", false],
    ["127.0.0.1", true],
    ["0.0.0.0", false],
    ["0.0.0.0", true],
    ["127.0.0.2", false],
  ])("is taken by a listener on %s (SO_REUSEPORT: %s)", async (host, reusePort) => {
    const port = await freePort();
    await occupy(host, port, reusePort);
    expect(await gatewayPortFault(port)).toMatchObject({ port, code: "EADDRINUSE" });
  });
});

describe("the message about a port that can't be used", () => {
  test("names it, and how to choose another", () => {
    expect(portFaultText({ host: "127.0.0.1", port: 8080, code: "EADDRINUSE" })).toBe(
      "Port 8080 is taken: something listens on 127.0.0.1:8080 already. Stop that, or choose another one: npm start -- --port 8081",
    );
    expect(portFaultText({ host: "0.0.0.0", port: 65_535, code: "EADDRINUSE" })).toContain(
      "--port 65534",
    );
  });

  test("distinguishes missing rights", () => {
    const text = portFaultText({ host: "127.0.0.1", port: 80, code: "EACCES" });
    expect(text).toMatch(/^Port 80 needs rights.*--port 8080$/);
  });

  test("shows the system's error code when it is an unknown one", () => {
    expect(portFaultText({ host: "0.0.0.0", port: 9_000, code: "ENOBUFS" })).toMatch(
      /^Port 9000 can't be listened on \(0\.0\.0\.0: ENOBUFS\).*--port 9001$/,
    );
  });
});

test("free ports are all different", async () => {
  expect(new Set(await freePorts(32)).size).toBe(32);
});
