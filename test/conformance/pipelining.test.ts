/**
 * Pipelined requests (RFC 9112 section 9.3.2) are answered in order, or the connection ends and
 * unanswered ones were not carried out, so that they can be sent again.
 */
import { EventEmitter, once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { HttpExchange } from "../../gateway/transport/http-exchange.ts";
import type { Listener } from "../../gateway/transport/listener.ts";
import { RawSocket } from "../support/raw.ts";
import { TestStack } from "../support/stack.ts";
import { testListener } from "../support/test-listener.ts";

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
}

describe("by the listener", () => {
  const incoming = new EventEmitter();
  let listener: Listener;
  let port: number;

  beforeAll(async () => {
    listener = testListener({
      onRequest: (exchange) => {
        incoming.emit("request", exchange);
        exchange.hold();
      },
    });
    port = await listener.start();
  });
  afterAll(() => listener.stop());

  async function next(): Promise<HttpExchange> {
    const [exchange] = await once(incoming, "request");
    return exchange;
  }

  test("a request that arrives while another is in progress waits for that one's answer", async () => {
    const socket = await RawSocket.open(port);
    for (const path of ["/1", "/2", "/3"]) {
      const coming = next();
      socket.write(get(path));
      const exchange = await coming;
      const later = next();
      socket.write(get(`${path}/later`));
      // If it had been read by now, it would have ended the connection.
      const other = await RawSocket.open(port);
      const elsewhere = next();
      other.write(get("/other"));
      const { path: seen } = await Promise.race([later, elsewhere]);
      expect(seen).toBe("/other");
      other.destroy();
      const second = next();
      exchange.respond(200, {}, path);
      expect((await socket.response()).bytes.toString()).toBe(path);
      (await second).respond(200, {}, "later");
      expect((await socket.response()).bytes.toString()).toBe("later");
    }
    socket.destroy();
  });
});

describe("by a gateway", () => {
  let stack: TestStack;
  let port: number;
  beforeAll(async () => {
    stack = await TestStack.start();
    ({ port } = stack.gateway);
  });
  afterAll(async () => {
    await stack?.stop();
  });

  function post(video: string, id: string): string {
    const body = JSON.stringify({ kind: "comment", id, data: { text: id } });
    const head = `POST /v1/videos/${video}/events HTTP/1.1\r\nHost: x\r\n`;
    return `${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  }
  const remove = (video: string, id: string) =>
    `DELETE /v1/videos/${video}/events/${id} HTTP/1.1\r\nHost: x\r\n\r\n`;

  async function stored(video: string): Promise<unknown[]> {
    const response = await fetch(`http://127.0.0.1:${port}/v1/videos/${video}/history`);
    const { events } = (await response.json()) as { events: { id: string }[] };
    return events.map(({ id }) => id);
  }

  test("requests in one write that the gateway answers alone are answered in order", async () => {
    const socket = await RawSocket.open(port);
    const paths = ["/v1/ping", "/nowhere", "/v1/ping", "/v1/videos/no.video/history"];
    socket.write(paths.map(get).join(""));
    for (const status of [200, 404, 200, 400]) {
      expect((await socket.response()).status).toBe(status);
    }
    socket.destroy();
  });

  test("publishes in one write end the connection, and none of them is carried out", async () => {
    const socket = await RawSocket.open(port);
    socket.write(post("pipelined", "a") + post("pipelined", "b") + post("pipelined", "c"));
    await socket.untilClosed();
    expect(await stored("pipelined")).toEqual([]);

    const again = await RawSocket.open(port);
    for (const id of ["a", "b", "c"]) {
      again.write(post("pipelined", id));
      expect((await again.response()).status).toBe(200);
    }
    again.destroy();
    expect(await stored("pipelined")).toEqual(["a", "b", "c"]);

    const removing = await RawSocket.open(port);
    removing.write(remove("pipelined", "a") + remove("pipelined", "b"));
    await removing.untilClosed();
    expect(await stored("pipelined")).toEqual(["a", "b", "c"]);
  });

  test("reads of the history in one write end the connection", async () => {
    const socket = await RawSocket.open(port);
    socket.write(get("/v1/videos/pipelined/history").repeat(3));
    await socket.untilClosed();
  });
});
