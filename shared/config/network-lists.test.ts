import { describe, expect, test } from "vitest";
import { networkList, originList } from "./network-lists.ts";

const origins = originList({ default: ["same-origin"], doc: "" });
const networks = networkList({ doc: "" });

function faultsOf(setting: typeof origins, text: string): readonly string[] {
  const parsed = setting.schema.safeParse(text);
  return parsed.success ? [] : parsed.error.issues.map(({ message }) => message);
}

describe("origins", () => {
  test.each([
    ["same-origin"],
    ["https://live.example.com, http://localhost:3000,null"],
    ["*"],
    ["http://[::1]:8080"],
  ])("%s are taken", (text) => {
    expect(origins.schema.parse(text)).toEqual(text.split(",").map((one) => one.trim()));
  });

  // Each of these would never be equal to what a browser sends.
  test.each([
    "https://live.example.com/",
    "https://live.example.com/page",
    "https://LIVE.example.com",
    "https://live.example.com:443",
    "https://*.example.com",
    "https://user@live.example.com",
    "live.example.com",
    "ws://live.example.com",
    "file:///",
    "Null",
    "",
  ])("%j is refused, and told what is due", (text) => {
    const [fault] = faultsOf(origins, `https://good.example,${text}`);
    expect(fault).toMatch(/^must hold origins of the form https:\/\/host/);
    expect(fault).toContain(JSON.stringify(text));
  });
});

describe("networks", () => {
  test("are addresses, or have a prefix", () => {
    const text = "127.0.0.1, 10.0.0.0/8,::1,fd00::/8,0.0.0.0/0";
    expect(networks.schema.parse(text)).toEqual(text.split(",").map((one) => one.trim()));
    expect(networks.default).toEqual([]);
  });

  test.each([
    "10.0.0.0/33",
    "fd00::/129",
    "10.0.0.0/",
    "10.0.0.0/8/8",
    "10.0.0.0/-1",
    "10.0.0",
    "proxy.example.com",
    "*",
    "",
  ])("%j is refused by name", (text) => {
    expect(faultsOf(networks, `127.0.0.1,${text}`)).toEqual([
      `must hold addresses or networks such as 10.0.0.0/8, but holds ${JSON.stringify(text)}`,
    ]);
  });
});
