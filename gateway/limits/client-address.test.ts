import { describe, expect, test } from "vitest";
import { addressText, ClientAddresses } from "./client-address.ts";
import { addressKey } from "./client-key.ts";

function ipv4(text: string): Uint8Array {
  return Uint8Array.from(text.split("."), Number);
}

function ipv6(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
}

const PROXY = ipv4("10.0.0.5");

describe("without trusted proxies", () => {
  const addresses = new ClientAddresses([]);

  test("the client is the peer, whatever a header says", () => {
    expect(addresses.clientOf(ipv4("192.0.2.7"), "")).toBe(addressKey("192.0.2.7"));
    expect(addresses.clientOf(ipv4("192.0.2.7"), "198.51.100.1")).toBe(addressKey("192.0.2.7"));
    expect(addresses.clientOf(ipv4("127.0.0.1"), "198.51.100.1")).toBe(addressKey("127.0.0.1"));
  });

  test("an IPv6 client is its /64 network", () => {
    const one = ipv6("2001 0db8 0001 0002 0000 0000 0000 0001");
    const other = ipv6("2001 0db8 0001 0002 ffff 1234 5678 9abc");
    expect(addresses.clientOf(one, "")).toBe(addressKey("2001:db8:1:2::/64"));
    expect(addresses.clientOf(other, "")).toBe(addressKey("2001:db8:1:2::/64"));
    expect(addresses.clientOf(ipv6("2001 0db8 0001 0003 0000 0000 0000 0001"), "")).toBe(
      addressKey("2001:db8:1:3::/64"),
    );
    expect(addresses.clientOf(ipv6("0000 0000 0000 0000 0000 0000 0000 0001"), "")).toBe(
      addressKey("0:0:0:0::/64"),
    );
  });

  test("a peer that has already gone is a client too", () => {
    expect(addresses.clientOf(new Uint8Array(), "")).toBe(addressKey("0:0:0:0::/64"));
  });

  test("IPv4 in IPv6 is IPv4", () => {
    const mapped = ipv6("0000 0000 0000 0000 0000 ffff c000 0207");
    expect(addressText(mapped)).toBe("192.0.2.7");
    expect(addresses.clientOf(mapped, "")).toBe(addressKey("192.0.2.7"));
  });
});

describe("behind trusted proxies", () => {
  const addresses = new ClientAddresses(["10.0.0.0/8", "203.0.113.9", "fd00::/8"]);
  const clientOf = (forwardedFor: string, peer = PROXY) => addresses.clientOf(peer, forwardedFor);

  test("the client is the last address that is not a trusted proxy", () => {
    expect(clientOf("198.51.100.1")).toBe(addressKey("198.51.100.1"));
    expect(clientOf("198.51.100.1, 10.2.3.4")).toBe(addressKey("198.51.100.1"));
    expect(clientOf("198.51.100.1,203.0.113.9 , 10.2.3.4")).toBe(addressKey("198.51.100.1"));
  });

  test("addresses that a client puts in front are not trusted", () => {
    expect(clientOf("1.1.1.1, 198.51.100.1")).toBe(addressKey("198.51.100.1"));
    expect(clientOf("10.9.9.9, 198.51.100.1, 10.2.3.4")).toBe(addressKey("198.51.100.1"));
    expect(clientOf("<script>, 198.51.100.1")).toBe(addressKey("198.51.100.1"));
  });

  test("the header of a peer that is not a trusted proxy is ignored", () => {
    expect(clientOf("1.1.1.1", ipv4("198.51.100.1"))).toBe(addressKey("198.51.100.1"));
    expect(clientOf("1.1.1.1", ipv4("203.0.113.10"))).toBe(addressKey("203.0.113.10"));
  });

  test("without a usable address, the client is the proxy nearest to it", () => {
    expect(clientOf("")).toBe(addressKey("10.0.0.5"));
    expect(clientOf("unknown")).toBe(addressKey("10.0.0.5"));
    expect(clientOf("1.1.1.1, unknown, 10.2.3.4")).toBe(addressKey("10.2.3.4"));
    expect(clientOf("10.1.1.1, 10.2.3.4")).toBe(addressKey("10.1.1.1"));
    expect(clientOf(",,,")).toBe(addressKey("10.0.0.5"));
  });

  test("a port is left out, and IPv6 is accepted in every spelling", () => {
    expect(clientOf("198.51.100.1:5555")).toBe(addressKey("198.51.100.1"));
    for (const text of ["2001:db8::1", "[2001:db8::1]", "[2001:DB8:0::1]:443"]) {
      expect(clientOf(text)).toBe(addressKey("2001:db8:0:0::/64"));
    }
    expect(clientOf("::ffff:198.51.100.1")).toBe(addressKey("198.51.100.1"));
    expect(clientOf("198.51.100.1, fd12::9")).toBe(addressKey("198.51.100.1"));
    expect(clientOf("2001:db8::1%eth0")).toBe(addressKey("2001:db8:0:0::/64"));
  });

  test("a proxy that connects over IPv6 from an IPv4 address is recognized", () => {
    expect(clientOf("198.51.100.1", ipv6("0000 0000 0000 0000 0000 ffff 0a00 0005"))).toBe(
      addressKey("198.51.100.1"),
    );
    expect(clientOf("198.51.100.1, ::ffff:10.2.3.4")).toBe(addressKey("198.51.100.1"));
  });
});
