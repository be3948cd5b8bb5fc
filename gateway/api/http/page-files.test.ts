/** A page served beside the API, requested over real HTTP. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { type IncomingHttpHeaders, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { configFor } from "../../../shared/config/load.ts";
import { monotonicNow } from "../../../shared/runtime/lifecycle.ts";
import { silentLog } from "../../../shared/runtime/log.ts";
import { Admission } from "../../limits/admission.ts";
import { emptyConnectionStats } from "../../limits/connection-stats.ts";
import { Rates } from "../../limits/rates.ts";
import { checkHandshake } from "../../transport/handshake.ts";
import { Listener } from "../../transport/listener.ts";
import { ClientFiles } from "./client-files.ts";
import { PageFiles } from "./page-files.ts";
import { Router } from "./router.ts";

const POLICY = "default-src 'self'; frame-ancestors 'none'";
const SCRIPT = 'document.title = "é";\n'.repeat(20_000);

let outside: string;
let directory: string;
let listener: Listener;
let port: number;

beforeAll(async () => {
  outside = mkdtempSync(join(tmpdir(), "ovation-page-test-"));
  directory = join(outside, "page");
  mkdirSync(join(directory, "parts"), { recursive: true });
  mkdirSync(join(directory, ".git"));
  const files = {
    "secret.txt": "secret",
    "page/index.html": "<!doctype html><title>Page</title>",
    "page/app.js": SCRIPT,
    "page/parts/index.html": "part",
    "page/parts/font.woff2": "font",
    "page/parts/empty.unknown": "",
    "page/.env": "secret",
    "page/.git/config": "secret",
    "page/a b.txt": "secret",
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(outside, name), text);
  symlinkSync(join(outside, "secret.txt"), join(directory, "link.txt"));
  symlinkSync(outside, join(directory, "linked"));
  const page = new PageFiles(directory, POLICY);
  await page.start();
  const connections = emptyConnectionStats();
  const config = configFor("gateway");
  const admission = new Admission(config, connections, monotonicNow);
  const bus = {
    publish: () => true,
    subscribe: () => ({ unsubscribe: () => undefined, drain: async () => undefined }),
  };
  const rates = new Rates({ bus, gateway: "g", config, now: monotonicNow });
  const natsOutage = { admit: () => undefined };
  const services = { connections, admission, natsOutage, rates, log: silentLog };
  const router = new Router(
    services,
    {
      videos: {},
      video: {},
      events: {},
      event: {},
      history: {},
      totals: {},
      end: {},
      actor: {},
      timeline: {},
      poll: {},
      rules: {},
      pin: {},
      bans: {},
      ban: {},
      moderation: {},
      bansEverywhere: {},
      banEverywhere: {},
      moderationEverywhere: {},
      ping: {},
      tickets: {},
      openapi: {},
    },
    { page, client: new ClientFiles(undefined) },
  );
  listener = new Listener({
    host: "127.0.0.1",
    port: 0,
    sharePort: false,
    basePath: "",
    headLimitBytes: 32_768,
    messageLimitBytes: 1_000,
    bufferLimitBytes: 1_000,
    idleTimeoutMs: 8_000,
    pingIntervalMs: 4_000,
    checkHandshake,
    admit: (visitor) => admission.admitSocket(visitor),
    onSocket: () => ({
      onMessage: () => {},
      onControl: () => {},
      onDrain: () => {},
      onClose: () => {},
    }),
    onRequest: (exchange) => router.route(exchange),
    onRefused: (exchange, error) => router.refuse(exchange, error),
    onFault: (error) => {
      throw error;
    },
  });
  port = await listener.start();
});

afterAll(() => {
  listener?.stop();
  rmSync(outside, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Requests the path as it is: `fetch` would resolve its dots. */
async function requestPath(path: string, method = "GET", headers = {}): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const sent = request({ port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const body = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
    sent.on("error", reject).end();
  });
}

describe("a page", () => {
  test.each([
    ["/", "text/html; charset=utf-8", "<!doctype html><title>Page</title>"],
    ["/index.html", "text/html; charset=utf-8", "<!doctype html><title>Page</title>"],
    ["/?video=launch", "text/html; charset=utf-8", "<!doctype html><title>Page</title>"],
    ["/app.js", "text/javascript; charset=utf-8", SCRIPT],
    ["/parts/", "text/html; charset=utf-8", "part"],
    ["/parts/font.woff2", "font/woff2", "font"],
    ["/parts/empty.unknown", "application/octet-stream", ""],
  ])("%s is served", async (path, type, body) => {
    const answer = await requestPath(path);
    expect(answer.status).toBe(200);
    expect(answer.body).toBe(body);
    expect(answer.headers).toMatchObject({
      "content-type": type,
      "cache-control": "no-cache",
      "content-length": String(Buffer.byteLength(body)),
      "content-security-policy": POLICY,
      "cross-origin-opener-policy": "same-origin",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    });
  });

  test("of a folder is found without its slash too, where its links would miss", async () => {
    const { status, headers } = await requestPath("/parts?video=launch");
    expect([status, headers.location]).toEqual([308, "parts/?video=launch"]);
    expect((await requestPath("/part")).status).toBe(404);
  });

  test("is not sent again to a client that has it", async () => {
    const { etag = "" } = (await requestPath("/app.js")).headers;
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const answer = await requestPath("/app.js", "GET", { "if-none-match": known });
      expect(answer).toMatchObject({ status: 304, body: "" });
      expect(answer.headers.etag).toBe(etag);
    }
    const changed = await requestPath("/app.js", "GET", { "if-none-match": '"other"' });
    expect(changed).toMatchObject({ status: 200, body: SCRIPT });
  });

  test("sends its length in answer to HEAD", async () => {
    const { status, headers, body } = await requestPath("/app.js", "HEAD");
    expect({ status, body }).toEqual({ status: 200, body: "" });
    expect(headers["content-length"]).toBe(String(Buffer.byteLength(SCRIPT)));
  });

  test("accepts only GET and HEAD", async () => {
    const { status, headers } = await requestPath("/index.html", "POST");
    expect({ status, allow: headers.allow }).toEqual({ status: 405, allow: "GET, HEAD" });
  });

  test.each([
    "/../secret.txt",
    "/parts/../../secret.txt",
    "/..%2fsecret.txt",
    "/%2e%2e/secret.txt",
    "/..\\secret.txt",
    "/link.txt",
    "/linked/secret.txt",
    "/.env",
    "/.git/config",
    "/a%20b.txt",
    "//index.html",
    "/index.html/",
    "/INDEX.HTML",
    "/__proto__",
  ])("has nothing at %s", async (path) => {
    const { status, body } = await requestPath(path);
    expect(status).toBe(404);
    expect(body).not.toContain("secret");
  });
});

describe("a folder", () => {
  test("that doesn't exist fails the start", async () => {
    await expect(new PageFiles(join(outside, "none"), POLICY).start()).rejects.toThrow(/ENOENT/);
  });

  test("that is too large, by size or by number of files, fails the start", async () => {
    const large = join(outside, "large");
    mkdirSync(large);
    writeFileSync(join(large, "a"), Buffer.alloc(17_000_000));
    await new PageFiles(large, POLICY).start();
    writeFileSync(join(large, "b"), Buffer.alloc(17_000_000));
    await expect(new PageFiles(large, POLICY).start()).rejects.toThrow(
      /larger than 33554432 bytes/,
    );
    const many = join(outside, "many");
    mkdirSync(many);
    for (let number = 0; number <= 1_000; number += 1) writeFileSync(join(many, `${number}`), "");
    await expect(new PageFiles(many, POLICY).start()).rejects.toThrow(/more than 1000 files/);
  });

  test("is optional", async () => {
    const none = new PageFiles(undefined, POLICY);
    await none.start();
    expect(none.has("/")).toBe(false);
  });
});
