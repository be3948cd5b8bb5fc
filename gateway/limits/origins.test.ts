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

  test("those on it may, and what is no browser", () => {
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

  test("`null` and all are for who says so", () => {
    expect(isAllowed(["null"], "null")).toBe(true);
    expect(isAllowed(["null"], "https://evil.com")).toBe(false);
    expect(isAllowed(["*"], "https://evil.com")).toBe(true);
    expect(isAllowed(["*"], "null")).toBe(true);
  });
});
