import { describe, expect, test } from "vitest";
import { guardedLookup, isPublic, urlFault } from "./address-rules.ts";

const STRICT = { allowHttp: false, allowPrivate: false };

describe("a URL", () => {
  test.each([
    "https://backend.example.com/hooks?key=1",
    "https://8.8.8.8/hooks",
    "http://localhost:8080/",
    "http://127.0.0.1/",
    "http://[::1]:9/",
  ])("%s may be used", (url) => {
    expect(urlFault(url, STRICT)).toBeUndefined();
  });

  test.each([
    ["backend", /must be a URL/],
    ["ftp://example.com/", /must be an https URL/],
    ["http://backend.example.com/", /must be an https URL \(http to this machine/],
    ["https://user:secret@example.com/", /no user and password/],
    ["https://example.com/#part", /no fragment/],
    ["https://10.1.2.3/", /private address/],
    ["https://169.254.169.254/latest/meta-data", /private address/],
    ["https://127.0.0.2/", /private address/],
    ["https://0x7f000002/", /private address/],
    ["https://[fd00::1]/", /private address/],
    ["https://[::ffff:10.0.0.1]/", /private address/],
    ["https://[64:ff9b::a00:1]/", /private address/],
  ])("%s is refused", (url, fault) => {
    expect(urlFault(url, STRICT)).toMatch(fault);
  });

  test("may be private, or plain HTTP, where that is permitted", () => {
    expect(urlFault("https://10.1.2.3/", { ...STRICT, allowPrivate: true })).toBeUndefined();
    expect(urlFault("http://example.com/", { ...STRICT, allowHttp: true })).toBeUndefined();
  });
});

test("a name that resolves to a private address is refused when it is connected to", async () => {
  const lookup = guardedLookup(new URL("https://name.example.com/"), STRICT);
  const resolved = await new Promise((resolve) => {
    // As if the name had been given this address meanwhile.
    lookup?.("localhost", {}, (error, address) => resolve(error?.message ?? address));
  });
  expect(resolved).toBe("its address is private");
  expect(isPublic("1.1.1.1")).toBe(true);
});
