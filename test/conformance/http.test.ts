/**
 * Incoming HTTP/1.1 (RFC 9112 and 9110): an invalid request is refused or its connection closed, at
 * once; no request is read as two, and no path leads anywhere else.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FOREIGN, type HttpAnswer, RawSocket } from "../support/raw.ts";
import { useWatchedStack } from "../support/watched-stack.ts";

const directory = mkdtempSync(join(tmpdir(), "ovation-page-"));
writeFileSync(join(directory, "index.html"), "<title>page</title>");
writeFileSync(join(directory, ".secret"), "secret");
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

let port: number;
const watched = useWatchedStack({ pageDir: directory }, "sse");
beforeAll(() => {
  ({ port } = watched());
});

/** All answers to these bytes, which end with a half-close. */
async function answersTo(bytes: string | Uint8Array): Promise<HttpAnswer[]> {
  const socket = await RawSocket.open(port);
  socket.write(bytes);
  // By the time another request is answered, all of this has been read.
  await answerTo(PING);
  socket.finish();
  const answers: HttpAnswer[] = [];
  for (;;) {
    const answer = await socket.response().catch(() => undefined);
    if (answer === undefined) return answers;
    answers.push(answer);
  }
}

/** The response to these bytes without a half-close: an answer, or undefined if the connection ends. */
async function answerOrEnd(bytes: string): Promise<HttpAnswer | undefined> {
  const socket = await RawSocket.open(port);
  socket.write(bytes);
  const answer = await socket.response().catch(() => undefined);
  socket.destroy();
  return answer;
}

/** The first answer on a connection that stays open. */
async function answerTo(bytes: string | Uint8Array, isHead = false): Promise<HttpAnswer> {
  const socket = await RawSocket.open(port);
  socket.write(bytes);
  const answer = await (isHead ? socket.headResponse() : socket.response());
  socket.destroy();
  return answer;
}

const BODY = JSON.stringify({ kind: "like", data: FOREIGN });
/** A publish that must not be accepted, with these length headers and this body. */
function publish(lines: string, body = BODY): string {
  return (
    "POST /v1/videos/ok-a/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" +
    `${lines}\r\n${body}`
  );
}
const LENGTH = `Content-Length: ${BODY.length}\r\n`;
const CHUNKED = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;
const PING = "GET /v1/ping HTTP/1.1\r\nHost: x\r\n\r\n";

// After each test the watched stack checks the bus, so a publish would be noticed.
describe("a request of ambiguous length is not carried out", () => {
  test.each([
    ["a length and chunks", publish(`${LENGTH}Transfer-Encoding: chunked\r\n`, CHUNKED)],
    ["chunks and a length", publish(`Transfer-Encoding: chunked\r\n${LENGTH}`, CHUNKED)],
    ["two lengths that differ", publish(`Content-Length: 5\r\n${LENGTH}`)],
    ["two lengths in one", publish(`Content-Length: ${BODY.length}, 5\r\n`)],
    ["a negative length", publish("Content-Length: -1\r\n")],
    ["a length with a sign", publish(`Content-Length: +${BODY.length}\r\n`)],
    ["a hexadecimal length", publish(`Content-Length: 0x${BODY.length.toString(16)}\r\n`)],
    ["an impossibly large length", publish(`Content-Length: ${"9".repeat(30)}\r\n`)],
    ["a transfer coding other than chunked", publish("Transfer-Encoding: gzip\r\n")],
    [
      "chunked that is not the last coding",
      publish("Transfer-Encoding: chunked, gzip\r\n", CHUNKED),
    ],
    ["a space before the colon", publish(`Content-Length : ${BODY.length}\r\n`)],
    ["a folded line", publish(`X: a\r\n Content-Length: ${BODY.length}\r\n`)],
    [
      "a chunk without a length",
      publish("Transfer-Encoding: chunked\r\n", `\r\n${BODY}\r\n0\r\n\r\n`),
    ],
    [
      "a chunk of a negative length",
      publish("Transfer-Encoding: chunked\r\n", `-5\r\n${BODY}\r\n0\r\n\r\n`),
    ],
    [
      "a chunk of an impossibly large length",
      publish("Transfer-Encoding: chunked\r\n", `${"f".repeat(20)}\r\n${BODY}`),
    ],
    [
      "a chunk that is longer than it says",
      publish("Transfer-Encoding: chunked\r\n", `5\r\n${BODY}\r\n0\r\n\r\n`),
    ],
    ["lines that end in a bare LF", publish(LENGTH).replaceAll("\r\n", "\n")],
    ["a NUL in a header", publish(`X: a\0b\r\n${LENGTH}`)],
  ])("%s", async (_what, bytes) => {
    const answers = await answersTo(bytes);
    for (const { status } of answers) expect(status).toBeGreaterThanOrEqual(400);
    expect(answers.length).toBeLessThanOrEqual(1);
  });
});

/** Less than the idle timeout of a connection. */
const QUICK = 5_000;

describe("a head that is too large or malformed", () => {
  const header = (name: string, bytes: number) => `${name}: ${"x".repeat(bytes)}\r\n`;
  test.each([
    ["a header of 32 KiB", `GET /v1/ping HTTP/1.1\r\nHost: x\r\n${header("X", 32_768)}\r\n`],
    [
      "101 headers",
      `GET /v1/ping HTTP/1.1\r\nHost: x\r\n${Array.from({ length: 100 }, (_, n) => `X-${n}: a\r\n`).join("")}\r\n`,
    ],
    ["a path of 40,000 characters", `GET /${"a".repeat(40_000)} HTTP/1.1\r\nHost: x\r\n\r\n`],
    ["two Hosts", "GET /v1/ping HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"],
    ["another version", "GET /v1/ping HTTP/3.7\r\nHost: x\r\n\r\n"],
    ["HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ])(
    "%s ends the connection, at most with a 4xx or 5xx",
    { timeout: QUICK },
    async (_what, bytes) => {
      const answer = await answerOrEnd(bytes);
      if (answer !== undefined) expect([400, 431, 505]).toContain(answer.status);
    },
  );
});

test("a head that the listener does not recognize is given up, like one that never ends", async () => {
  const heads = [
    "GET /v1/ping HTTP/1.1\r\n\r\n", // No Host.
    "GET /v1/ping\r\n\r\n", // No version.
    "GET /v1/ping HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
  ];
  for (const answer of await Promise.all(heads.map(answerOrEnd))) {
    expect(answer?.status ?? 400).toBe(400);
  }
});

describe("consecutive requests", () => {
  test("ten in one write are answered in order", async () => {
    const socket = await RawSocket.open(port);
    const paths = Array.from({ length: 10 }, (_, n) => (n % 2 === 0 ? "/v1/ping" : "/nowhere"));
    socket.write(paths.map((path) => PING.replace("/v1/ping", path)).join(""));
    for (const path of paths) {
      expect((await socket.response()).status).toBe(path === "/nowhere" ? 404 : 200);
    }
    socket.destroy();
  });

  test("what looks like a request inside a body is body", async () => {
    const socket = await RawSocket.open(port);
    const body = `{"kind":"like","data":${JSON.stringify("GET /nowhere HTTP/1.1\r\n\r\n")}}`;
    socket.write(publish(`Content-Length: ${body.length}\r\n`, body));
    expect((await socket.response()).status).toBe(200);
    socket.write(PING);
    expect((await socket.response()).body).toHaveProperty("protocol");
    socket.destroy();
  });

  test("a body on a GET is not read as the next request", async () => {
    const socket = await RawSocket.open(port);
    const hidden = "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n";
    socket.write(
      `GET /v1/ping HTTP/1.1\r\nHost: x\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
    );
    socket.write(PING);
    for (let n = 0; n < 2; n += 1) expect((await socket.response()).status).toBe(200);
    socket.destroy();
  });
});

test.each(["gzip", "gzip, chunked", "chunked, gzip", "chunked, chunked", "identity"])(
  "the transfer coding %s is refused with an error, and the connection ends",
  async (coding) => {
    const socket = await RawSocket.open(port);
    socket.write(publish(`Transfer-Encoding: ${coding}\r\n`, CHUNKED));
    const answer = await socket.response().catch(() => undefined);
    if (answer !== undefined) expect(answer.error["code"]).toBe("transfer_encoding_unsupported");
    await socket.untilClosed();
  },
);

describe("methods and paths", () => {
  test.each(["OPTIONS", "PUT", "TRACE", "CONNECT", "BREW", "get", "G3T"])(
    "the method %s at an API path is refused with an answer, or the connection ends",
    { timeout: QUICK },
    async (method) => {
      const answer = await answerOrEnd(`${method} /v1/ping HTTP/1.1\r\nHost: x\r\n\r\n`);
      if (answer !== undefined) expect([400, 404, 405, 501]).toContain(answer.status);
    },
  );

  test.each([
    "/.secret",
    "/%2esecret",
    "/./.secret",
    "/../../../../etc/passwd",
    "/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/..%2f..%2f..%2fetc%2fpasswd",
    "/%252e%252e/etc/passwd",
    "/..\\..\\etc\\passwd",
    "/index.html%00.txt",
    "/index.html/",
    "//index.html",
    "/index%2ehtml",
    "/INDEX.HTML",
    "/v1/../index.html",
    "/v1/videos/../../index.html",
    "/v1/%70ing",
    "/v1//ping",
    "/v1/ping/",
    "/v1/ping;a=b",
    "http://x/v1/ping",
    "x:80",
    "*",
  ])("there is nothing at %s", async (path) => {
    const answer = await answerTo(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect([400, 404, 505]).toContain(answer.status);
    expect(answer.bytes.toString()).not.toContain("secret");
    expect(answer.bytes.toString()).not.toContain("root:");
  });

  test("the page is served at its path, for GET and HEAD only", async () => {
    const page = (method: string) => `${method} /index.html HTTP/1.1\r\nHost: x\r\n\r\n`;
    expect((await answerTo(page("GET"))).bytes.toString()).toBe("<title>page</title>");
    expect((await answerTo(page("HEAD"), true)).headers["content-length"]).toBe("19");
    expect((await answerTo(page("POST"))).status).toBe(405);
  });
});
