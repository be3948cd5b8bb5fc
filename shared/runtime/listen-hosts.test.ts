import { describe, expect, test } from "vitest";
import { hasIpv6, listenHosts, loopbackHosts } from "./listen-hosts.ts";

describe("the addresses to listen on", () => {
  test.each([
    ["::", true, ["::"]],
    ["::", false, ["0.0.0.0"]],
    ["0.0.0.0", true, ["0.0.0.0"]],
    ["0.0.0.0,::", false, ["0.0.0.0"]],
    ["127.0.0.1, ::1", true, ["127.0.0.1", "::1"]],
    ["10.0.0.5", false, ["10.0.0.5"]],
  ])("%s with IPv6: %s", (setting, withIpv6, hosts) => {
    expect(listenHosts(setting, withIpv6)).toEqual(hosts);
  });

  test("of the loopback are those that exist", () => {
    expect(loopbackHosts(true)).toBe("127.0.0.1,::1");
    expect(loopbackHosts(false)).toBe("127.0.0.1");
  });

  test("a machine has IPv6 when one of its interfaces has an address", () => {
    expect(hasIpv6({ lo: [{ family: "IPv4" }], eth0: [] })).toBe(false);
    expect(hasIpv6({ lo: [{ family: "IPv4" }, { family: "IPv6" }] })).toBe(true);
  });
});
