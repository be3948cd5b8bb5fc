import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Origins } from "./origins.ts";

function isAllowed(allowed: readonly string[], origin: string, host = "live.example.com"): boolean {
  try {
    new Origins(allowed).check({ origin, host });
    return true;
  } catch {
    return false;
  }
}

describe("by default", () => {
  const allowed = ["same-origin"];

  test.each([
    ["", "live.example.com"],
    ["https://live.example.com", "live.example.com"],
    ["http://live.example.com", "live.example.com"],
    ["http://localhost:8080", "localhost:8080"],
    ["https://live.example.com", "LIVE.example.com"],
    ["http://[::1]:8080", "[::1]:8080"],
    ["https://live.example.com", "live.example.com:443"],
    ["http://live.example.com", "live.example.com:80"],
    ["https://live.example.com:443", "live.example.com"],
    ["https://live.example.com", "live.example.com:"],
    ["http://[::1]", "[::1]:80"],
  ])("%j may use %s", (origin, host) => {
    expect(isAllowed(allowed, origin, host)).toBe(true);
  });

  test.each([
    ["https://evil.com", "live.example.com"],
    ["https://live.example.com.evil.com", "live.example.com"],
    ["https://evil.com/live.example.com", "live.example.com"],
    ["https://evil.com?live.example.com", "live.example.com"],
    ["https://live.example.com@evil.com", "live.example.com"],
    ["https://evil.com@live.example.com", "live.example.com"],
    ["https://live.example.com:444", "live.example.com"],
    ["https://live.example.com:80", "live.example.com"],
    ["https://live.example.com", "live.example.com:80"],
    ["http://live.example.com", "live.example.com:443"],
    ["https://live.example.com", "live.example.com:4430"],
    ["https://live.example.com", "live.example.com:443:443"],
    ["https://live.example.com", "x@live.example.com"],
    ["https://live.example.com", ""],
    ["https://", ""],
    ["http://localhost:8081", "localhost:8080"],
    ["chrome-extension://live.example.com", "live.example.com"],
    ["null", "null"],
    ["null", "live.example.com"],
    ["live.example.com", "live.example.com"],
    ["*", "live.example.com"],
    ["same-origin", "live.example.com"],
  ])("%j may not use %s", (origin, host) => {
    expect(isAllowed(allowed, origin, host)).toBe(false);
  });
});

describe("with a list", () => {
  const allowed = ["https://good.example", "http://localhost:3000"];

  test("those on it may, and clients other than browsers", () => {
    for (const origin of [...allowed, ""]) expect(isAllowed(allowed, origin)).toBe(true);
  });

  test.each([
    "https://good.example.evil.com",
    "https://evilgood.example",
    "http://good.example",
    "https://good.example:8443",
    "https://good.example/",
    "https://GOOD.example.evil",
    "https://live.example.com",
    "null",
  ])("%s may not", (origin) => {
    expect(isAllowed(allowed, origin)).toBe(false);
  });

  test("`null` and all are allowed only where the list says so", () => {
    expect(isAllowed(["null"], "null")).toBe(true);
    expect(isAllowed(["null"], "https://evil.com")).toBe(false);
    expect(isAllowed(["*"], "https://evil.com")).toBe(true);
    expect(isAllowed(["*"], "null")).toBe(true);
  });
});

describe("with `loopback`", () => {
  test.each([
    "http://localhost:3000",
    "http://localhost",
    "https://shop.localhost:5173",
    "http://127.0.0.1:8000",
    "http://127.1.2.3",
    "http://[::1]:4321",
  ])("%s may: this machine serves it", (origin) => {
    expect(isAllowed(["loopback"], origin)).toBe(true);
    expect(isAllowed(["same-origin"], origin)).toBe(false);
  });

  test.each([
    "null",
    "loopback",
    "capacitor://localhost",
    "http://localhost.evil.com",
    "http://evil.com:127",
    "http://127.0.0.1.evil.com",
    "http://localhost@evil.com",
    "http://192.168.0.1",
    "http://evillocalhost",
  ])("%s may not", (origin) => {
    expect(isAllowed(["loopback"], origin)).toBe(false);
  });
});

describe("apps and extensions", () => {
  test.each([
    "capacitor://localhost",
    "tauri://localhost",
    "ionic://localhost",
    "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
    "file://",
  ])("%s may when it is listed, and no other app", (origin) => {
    expect(isAllowed([origin], origin)).toBe(true);
    expect(isAllowed(["same-origin"], origin, "localhost")).toBe(false);
    expect(isAllowed([origin], `${origin}x`)).toBe(false);
    expect(isAllowed([origin], "null")).toBe(false);
  });
});

describe("a pattern", () => {
  const label = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,8}[a-z0-9])?$/);
  const host = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));
  const scheme = fc.constantFrom("http", "https");
  const port = fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined });
  const written = (schemeName: string, hostName: string, portNumber: number | undefined) =>
    `${schemeName}://${hostName}${portNumber === undefined ? "" : `:${portNumber}`}`;
  const effective = (schemeName: string, portNumber: number | undefined) =>
    portNumber ?? (schemeName === "https" ? 443 : 80);

  test("allows all hosts below its domain at its scheme and port, and nothing else", () => {
    fc.assert(
      fc.property(scheme, scheme, port, port, host, host, fc.boolean(), (...drawn) => {
        const [ruleScheme, originScheme, rulePort, originPort, domain, below, isBelow] = drawn;
        const pattern = written(ruleScheme, `*.preview.${domain}`, rulePort);
        const name = isBelow ? `${below}.preview.${domain}` : below;
        const origin = written(originScheme, name, originPort);
        const isExpected =
          name.endsWith(`.preview.${domain}`) &&
          ruleScheme === originScheme &&
          effective(ruleScheme, rulePort) === effective(originScheme, originPort);
        expect(isAllowed([pattern], origin)).toBe(isExpected);
      }),
    );
  });

  test.each([
    "https://preview.example",
    "https://.preview.example",
    "https://a..preview.example",
    "https://apreview.example",
    "https://a.preview.example.evil.com",
    "https://evil.com/.preview.example",
    "https://evil.com#.preview.example",
    "https://evil.com?.preview.example",
    "https://evil.com:443.preview.example",
    "https://evil.com:1@a.preview.example",
    "https://a@b.preview.example",
    "https://a.preview.example:8443",
    "http://a.preview.example",
    "https://a.preview.example/",
    "https://*.preview.example",
    "https://a b.preview.example",
    "https://a\n.preview.example",
    "capacitor://a.preview.example",
    "null",
  ])("https://*.preview.example does not allow %j", (origin) => {
    expect(isAllowed(["https://*.preview.example"], origin)).toBe(false);
    expect(isAllowed(["https://*.preview.example"], "https://a.b.preview.example")).toBe(true);
  });
});

describe("a preflight request", () => {
  const origins = new Origins(["https://good.example"]);
  const allowedFor = (asked: string) =>
    origins.preflightHeaders(["GET"], asked)["Access-Control-Allow-Headers"]?.split(", ");

  test("allows the headers that it names, so that tracing works", () => {
    const asked = "authorization,baggage,sentry-trace,traceparent,tracestate,x-request-id";
    expect(allowedFor(asked)).toEqual(expect.arrayContaining(asked.split(",")));
    expect(allowedFor("")).toEqual(["Authorization", "Content-Type", "Last-Event-ID"]);
  });

  test("allows neither headers that proxies set nor invalid names", () => {
    const asked = "x-forwarded-for, Forwarded, X-Real-IP, a b, a\r\nb: c, , é, x-good";
    expect(allowedFor(asked)).toEqual(["Authorization", "Content-Type", "Last-Event-ID", "x-good"]);
  });
});
