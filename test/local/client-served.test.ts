/** The client as gateways serve it to pages. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type IncomingHttpHeaders, request } from "node:http";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildClient, CLIENT_FOLDER } from "../../deploy/client/bundle.ts";
import { TestStack } from "../support/stack.ts";

interface Manifest {
  readonly version: string;
  readonly script: string;
  readonly integrity: string;
}

let stack: TestStack;
let manifest: Manifest;
let plain: Buffer;

beforeAll(async () => {
  await buildClient();
  manifest = JSON.parse(readFileSync(join(CLIENT_FOLDER, "ovation.json"), "utf8")) as Manifest;
  plain = readFileSync(join(CLIENT_FOLDER, manifest.script));
  stack = await TestStack.start({
    gateway: { basePath: "/live", clientDir: CLIENT_FOLDER, httpRequestsPerSecond: 1 },
  });
});
afterAll(() => stack?.stop());

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

async function get(path: string, headers = {}, method = "GET"): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const options = { port: stack.gateway.port, path, method, headers, agent: false };
    const sent = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const body = Buffer.concat(chunks);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
    sent.on("error", reject).end();
  });
}

const immutable = "public, max-age=31536000, immutable";
const short = "public, max-age=60";

test.each([
  ["short", "br, gzip", "br", brotliDecompressSync],
  ["short", "gzip, deflate", "gzip", gunzipSync],
  ["short", "br;q=0, gzip;q=0.5", "gzip", gunzipSync],
  ["hashed", "gzip, deflate, br, zstd", "br", brotliDecompressSync],
  ["hashed", "", undefined, (bytes: Buffer) => bytes],
  ["hashed", "*", "br", brotliDecompressSync],
])("the %s name, for a client that accepts “%s”: %s", async (name, accepted, encoding, decode) => {
  const path = `/live/v1/${name === "short" ? "ovation.js" : manifest.script}`;
  const { status, headers, body } = await get(path, {
    "Accept-Encoding": accepted,
    Origin: "https://any.example",
  });
  expect(status).toBe(200);
  expect(headers).toMatchObject({
    "content-type": "text/javascript; charset=utf-8",
    "cache-control": name === "short" ? short : immutable,
    "access-control-allow-origin": "*",
    "x-content-type-options": "nosniff",
    vary: "Accept-Encoding",
    "content-length": String(body.length),
  });
  expect(headers["content-encoding"]).toBe(encoding);
  expect(decode(body).equals(plain)).toBe(true);
});

test("it is one file: a page loads nothing from a gateway of another version", () => {
  expect(/\bimport\s*[("'{*]/.test(String(plain))).toBe(false);
});

test("its integrity is that of its bytes, and its version the gateway's", async () => {
  const { headers, body } = await get("/live/v1/ovation.json");
  expect(headers["content-type"]).toBe("application/json");
  expect(JSON.parse(String(body))).toEqual(manifest);
  expect(manifest.integrity).toBe(`sha384-${createHash("sha384").update(plain).digest("base64")}`);
});

test("who has it is not sent it again; HEAD tells its length; other methods are refused", async () => {
  const br = { "Accept-Encoding": "br" };
  const { headers } = await get("/live/v1/ovation.js", br);
  const known = { ...br, "If-None-Match": headers.etag };
  expect(await get("/live/v1/ovation.js", known)).toMatchObject({ status: 304 });
  // In another encoding it is something else.
  const other = { "Accept-Encoding": "gzip", "If-None-Match": headers.etag };
  expect(await get("/live/v1/ovation.js", other)).toMatchObject({ status: 200 });
  const head = await get("/live/v1/ovation.js", br, "HEAD");
  expect(head).toMatchObject({ status: 200, body: Buffer.alloc(0) });
  expect(head.headers["content-length"]).toBe(headers["content-length"]);
  const posted = await get("/live/v1/ovation.js", {}, "POST");
  expect(posted).toMatchObject({ status: 405, headers: { allow: "GET, HEAD" } });
});

test.each([
  "/live/v1/ovation-0123456789abcdef.js",
  "/v1/ovation.js",
  "/live/v1/../v1/ovation.json/",
])("there is nothing at %s", async (path) => {
  expect(await get(path)).toMatchObject({ status: 404 });
});

test("a crowd behind one address gets it, however few requests that address has", async () => {
  const answers = await Promise.all(
    Array.from({ length: 60 }, () => get("/live/v1/ovation.js", { "Accept-Encoding": "br" })),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
});
