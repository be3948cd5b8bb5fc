import { describe, expect, test } from "vitest";
import { Hosts } from "./hosts.ts";

const refusal = (config: Partial<ConstructorParameters<typeof Hosts>[0]>, host: string) => {
  const hosts = new Hosts({
    open: true,
    allowedHosts: [],
    allowedOrigins: ["same-origin"],
    ...config,
  });
  try {
    hosts.check(host);
    return undefined;
  } catch (error) {
    return error;
  }
};

describe("an open gateway", () => {
  test.each([
    "127.0.0.1",
    "127.0.0.1:8080",
    "192.168.1.7:8080",
    "[::1]:8080",
    "[fe80::1]",
    "localhost",
    "LOCALHOST:8080",
    "localhost.:80",
    "app.localhost:8080",
  ])("answers as %s", (host) => expect(refusal({}, host)).toBeUndefined());

  test.each([
    "evil.example",
    "evil.example:8080",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "127.0.0.1.nip.io",
    "evillocalhost",
    "0x7f000001.evil",
    "2130706433",
    "[::1].evil.example",
    "[evil]",
    "",
    ":8080",
    "same-origin",
    "null",
  ])("does not answer as %s", (host) => {
    expect(refusal({}, host)).toMatchObject({
      code: "host_refused",
      message: expect.stringContaining("--allowed-hosts"),
    });
  });

  test("answers as the hosts of allowed origins, at any port", () => {
    const allowedOrigins = [
      "https://a.example:8443",
      "https://*.b.example",
      "capacitor://app",
      "null",
    ];
    for (const host of ["a.example", "a.example:1", "x.b.example", "x.y.b.example", "app"]) {
      expect(refusal({ allowedOrigins }, host)).toBeUndefined();
    }
    for (const host of ["b.example", "xa.example", "a.example.evil", "xb.example", "null"]) {
      expect(refusal({ allowedOrigins }, host)).toMatchObject({ code: "host_refused" });
    }
    expect(refusal({ allowedOrigins: ["*"] }, "evil.example")).toBeUndefined();
  });
});

test("a gateway with tokens answers as any host, unless it has a list", () => {
  expect(refusal({ open: false }, "evil.example")).toBeUndefined();
  const allowedHosts = ["live.example", "*.live.example"];
  for (const open of [true, false]) {
    for (const host of ["live.example", "a.live.example:443", "10.0.0.1", "localhost"]) {
      expect(refusal({ open, allowedHosts }, host)).toBeUndefined();
    }
    expect(refusal({ open, allowedHosts }, "evil.example")).toMatchObject({ code: "host_refused" });
    expect(refusal({ open, allowedHosts: ["*"] }, "evil.example")).toBeUndefined();
  }
});
