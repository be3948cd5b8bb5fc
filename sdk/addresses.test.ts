import { describe, expect, test } from "vitest";
import { Addresses } from "./addresses.ts";

const URLS = ["a", "b", "c", "d"].map((name) => `https://${name}.example.com`);

function orderOf(addresses: Addresses, count: number): string[] {
  return Array.from({ length: count }, () => {
    const { http } = addresses.current;
    addresses.next();
    return http;
  });
}

describe("the addresses of several gateways", () => {
  test("are tried once each, the first one first, before any is tried again", () => {
    const tried = orderOf(new Addresses(URLS, Math.random), 8);
    expect(tried[0]).toBe(URLS[0]);
    expect(tried.slice(0, 4).toSorted()).toEqual(URLS);
    expect(tried.slice(4)).toEqual(tried.slice(0, 4));
  });

  test("get equal shares of the viewers when one of them is lost", () => {
    const viewers = Array.from({ length: 3_000 }, () => new Addresses(URLS, Math.random));
    const next = viewers.map((addresses) => orderOf(addresses, 2)[1]);
    for (const url of URLS.slice(1)) {
      // A thousand expected each; it is off by 200 by chance less than once in a million runs.
      expect(Math.abs(next.filter((other) => other === url).length - 1_000)).toBeLessThan(200);
    }
  });

  test("may be relative where there is no page, until they are used", () => {
    const addresses = new Addresses("/live", Math.random);
    expect(() => addresses.current).toThrow(/"\/live" is relative to a page/);
    const globals = globalThis as { location?: unknown };
    globals.location = { href: "https://page.example.com/watch?x=1" };
    try {
      expect(addresses.current).toEqual({
        http: "https://page.example.com/live",
        webSocket: "wss://page.example.com/live",
      });
    } finally {
      delete globals.location;
    }
  });
});
