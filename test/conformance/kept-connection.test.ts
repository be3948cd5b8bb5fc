/**
 * A persistent connection (RFC 9112 sections 6.3 and 9.3): after each answer, whatever its status and
 * the request's method, the same connection answers the next request. A wrong length breaks the
 * connection of a client, and a proxy's connection for all of its clients.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { STATUS_CODES } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROUTE_PATHS } from "../../gateway/api/http/routes.ts";
import type { HttpExchange } from "../../gateway/transport/http-exchange.ts";
import type { Listener } from "../../gateway/transport/listener.ts";
import { type HttpAnswer, RawSocket } from "../support/raw.ts";
import { TestStack } from "../support/stack.ts";
import { testListener } from "../support/test-listener.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"];

/** Sends one request after the other on one connection. */
class KeptConnection {
  readonly #port: number;
  #socket: RawSocket | undefined;
  opened = 0;

  constructor(port: number) {
    this.#port = port;
  }

  /** @throws Error if the answer's framing does not match its status and method */
  async ask(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>> = {},
    body = "",
  ): Promise<HttpAnswer> {
    this.#socket ??= await this.#open();
    const lines = Object.entries({ Host: "x", ...headers }).map(
      ([name, value]) => `${name}: ${value}`,
    );
    if (body !== "") lines.push(`Content-Length: ${body.length}`);
    this.#socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n${body}`);
    const answer = await (method === "HEAD"
      ? this.#socket.headResponse()
      : this.#socket.response());
    this.#checkFraming(method, answer);
    const isKept = answer.headers["keep-alive"] === "timeout=8";
    expect(answer.headers.connection).toBe(isKept ? "keep-alive" : "close");
    if (!isKept) {
      await this.#socket.untilClosed();
      this.#socket = undefined;
    }
    return answer;
  }

  close(): void {
    this.#socket?.destroy();
  }

  async #open(): Promise<RawSocket> {
    this.opened += 1;
    return await RawSocket.open(this.#port);
  }

  /** RFC 9110 section 8.6: no length with 204; otherwise a plain number of plausible size. */
  #checkFraming(method: string, { status, headers }: HttpAnswer): void {
    const length = headers["content-length"];
    expect(headers["transfer-encoding"]).toBeUndefined();
    if (status === 204 || status < 200) expect(length).toBeUndefined();
    else if (length !== undefined) expect(length).toMatch(/^\d{1,9}$/);
    else expect(method === "HEAD" || status === 304, "a body without a length").toBe(true);
  }
}

describe("every status with every method, over one persistent connection", () => {
  let listener: Listener;
  let port: number;

  /** `/whole/418` answers with a body, `/bare/418` without. */
  function answer(exchange: HttpExchange): void {
    const [, how, status] = exchange.path.split("/");
    if (how === "whole") exchange.respond(Number(status), { "X-How": "whole" }, "body é");
    else exchange.respondWithoutBody(Number(status), {});
  }

  beforeAll(async () => {
    listener = testListener({
      onRequest: answer,
    });
    port = await listener.start();
  });
  afterAll(() => listener.stop());

  const statuses = Object.keys(STATUS_CODES).filter((status) => Number(status) >= 200);
  test.each(["whole", "bare"])("%s", async (how) => {
    const connection = new KeptConnection(port);
    for (const method of METHODS) {
      for (const status of statuses) {
        const got = await connection.ask(method, `/${how}/${status}`);
        expect(got.status).toBe(Number(status));
        if (how === "whole" && status !== "204" && status !== "304") {
          const isLast = got.headers.connection === "close";
          const length = method === "HEAD" && isLast ? "0" : "7";
          expect(got.headers["content-length"]).toBe(length);
        }
      }
    }
    // Each 408, 411 and 413 closes its connection: a body may still be on its way.
    const closing = METHODS.filter((method) => how === "whole" || method !== "HEAD").length;
    expect(connection.opened).toBe(1 + 3 * closing);
    connection.close();
  });
});

describe("every route with every method, over one persistent connection", () => {
  const directory = mkdtempSync(join(tmpdir(), "ovation-page-"));
  const allowed = "https://page.example";
  let stack: TestStack;
  let port: number;
  let etag: string;

  beforeAll(async () => {
    writeFileSync(join(directory, "index.html"), "<title>page</title>");
    stack = await TestStack.start({
      gateway: { pageDir: directory, allowedOrigins: [allowed] },
    });
    ({ port } = stack.gateway);
    const page = await fetch(`http://127.0.0.1:${port}/`);
    etag = page.headers.get("etag") ?? "";
  });
  afterAll(async () => {
    await stack?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const paths = [...Object.values(ROUTE_PATHS), "/", "/nowhere", "/v1/nowhere", "/v1/connect"];
  const fill = (path: string, video: string) =>
    path.replace("{video}", video).replace("{id}", "id-1");
  const like = '{"kind":"like"}';
  const cachingOf = (path: string) => {
    if (path === "/v1/openapi.json") return "max-age=3600";
    return path === "/" ? "no-cache" : "max-age=1";
  };

  test.each(paths)("%s", async (path) => {
    const connection = new KeptConnection(port);
    const json = { "Content-Type": "application/json" };
    const variants: (readonly [Readonly<Record<string, string>>, string?])[] = [
      // Not an event stream, which would not end.
      [{ Accept: "application/json" }],
      [{ Accept: "application/json", Origin: allowed }],
      [{ Accept: "application/json", Origin: "https://other.example" }],
      [{ Accept: "application/json", "If-None-Match": etag }],
      [{ Accept: "application/json", ...json }, like],
      [{ Accept: "application/json", "Content-Type": "text/plain" }, "text"],
      [{ Origin: allowed, "Access-Control-Request-Method": "POST", Accept: "application/json" }],
    ];
    for (const video of ["ok-a", "no.video"]) {
      for (const method of METHODS) {
        for (const [headers, body] of variants) {
          const answer = await connection.ask(method, fill(path, video), headers, body);
          const isCached = answer.headers.etag !== undefined;
          expect(answer.headers["cache-control"]).toBe(isCached ? cachingOf(path) : "no-store");
          const ping = await connection.ask("GET", "/v1/ping");
          expect([ping.status, ping.headers["content-type"]]).toEqual([200, "application/json"]);
          expect(ping.body).toBeTypeOf("object");
        }
      }
    }
    expect(connection.opened).toBe(1);
    connection.close();
  });

  test("a connection stays open for as long as each answer promises", async () => {
    const connection = new KeptConnection(port);
    const first = await connection.ask("GET", "/v1/ping");
    const [, seconds] = /^timeout=(\d+)$/.exec(String(first.headers["keep-alive"])) ?? [];
    await new Promise((resolve) => setTimeout(resolve, 1_000 * Number(seconds) - 500));
    expect((await connection.ask("GET", "/v1/ping")).status).toBe(200);
    expect(connection.opened).toBe(1);
    connection.close();
  });

  test.each(["GET", "HEAD", "POST", "OPTIONS"])(
    "%s with `Connection: close` closes the connection, and the answer says so",
    async (method) => {
      const connection = new KeptConnection(port);
      for (const path of ["/v1/ping", "/", "/nowhere"]) {
        const headers = { Connection: "Close", Origin: allowed };
        const answer = await connection.ask(method, path, {
          ...headers,
          "Access-Control-Request-Method": "GET",
        });
        expect(answer.headers.connection).toBe("close");
      }
      expect(connection.opened).toBe(3);
    },
  );

  test("HEAD is answered wherever GET is, with the same headers and no body", async () => {
    const connection = new KeptConnection(port);
    for (const path of paths) {
      const at = fill(path, "ok-head");
      const headers = { Accept: "application/json", Origin: allowed };
      const whole = await connection.ask("GET", at, headers);
      const head = await connection.ask("HEAD", at, headers);
      const names = (answer: HttpAnswer) => Object.keys(answer.headers).sort();
      expect([at, head.status, names(head)]).toEqual([at, whole.status, names(whole)]);
      expect(head.headers["content-length"]).toBe(whole.headers["content-length"]);
    }
    connection.close();
  });

  test("a preflight is answered at every API path, for tracing headers too", async () => {
    const connection = new KeptConnection(port);
    const asked = "authorization,baggage,content-type,sentry-trace,traceparent,tracestate";
    for (const path of Object.values(ROUTE_PATHS)) {
      const preflight = await connection.ask("OPTIONS", fill(path, "ok-a"), {
        Origin: allowed,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": asked,
      });
      const names = preflight.headers["access-control-allow-headers"]?.toLowerCase().split(", ");
      expect([path, preflight.status]).toEqual([path, 204]);
      expect(names).toEqual(expect.arrayContaining(asked.split(",")));
    }
    expect(connection.opened).toBe(1);
    connection.close();
  });

  test("HEAD of an event stream returns its headers, and ends", async () => {
    const connection = new KeptConnection(port);
    const head = await connection.ask("HEAD", "/v1/videos/ok-head/events", {});
    expect([head.status, head.headers["content-type"]]).toEqual([200, "text/event-stream"]);
    expect((await connection.ask("GET", "/v1/ping")).status).toBe(200);
    connection.close();
  });
});
