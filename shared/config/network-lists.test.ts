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
    ["https://live.example.com:443,http://live.example.com:80"],
    ["capacitor://localhost,ionic://localhost,tauri://localhost,http://tauri.localhost,file://"],
    [
      "chrome-extension://abcdefghijklmnopabcdefghijklmnop,moz-extension://0f1e-2d3c,app://obsidian.md",
    ],
    ["https://*.preview.example,https://*.a.b.example.com:8443,http://*.localhost:5173"],
  ])("%s are taken", (text) => {
    expect(origins.schema.parse(text)).toEqual(text.split(",").map((one) => one.trim()));
  });

  // Each of these could never equal what a browser sends, or would admit strangers' pages.
  test.each([
    ["https://live.example.com/", "path"],
    ["https://live.example.com/page", "path"],
    ["https://live.example.com?a", "path"],
    ["capacitor://localhost/", "path"],
    ["https://LIVE.example.com", "capital letters"],
    ["https://user@live.example.com", "user"],
    ["live.example.com", "scheme"],
    ["*.example.com", "scheme"],
    ["ws://live.example.com", "scheme that no page has"],
    ["file:///", "path"],
    ["Null", "scheme"],
    ["", "empty"],
    ["capacitor://", "scheme://host"],
    ["https://", "host or port"],
    ["https://live.example.com:99999", "host or port"],
    ["https://*.com", "everybody's pages below com"],
    ["https://*.example", "everybody's pages below example"],
    ["https://*.co.uk", "everybody's pages below co.uk"],
    ["https://*.vercel.app", "everybody's pages below vercel.app"],
    ["https://*.github.io:8443", "everybody's pages below github.io"],
    ["https://*", "first label"],
    ["https://*.", "first label"],
    ["https://*example.com", "first label"],
    ["https://pr-*.example.com", "first label"],
    ["https://a.*.example.com", "first label"],
    ["https://*.*.example.com", "first label"],
    ["https://*.example.com/", "first label"],
    ["https://*.example.com:*", "first label"],
    ["*://example.com", "first label"],
    ["chrome-extension://*", "first label"],
    ["https://*.0.0.1", "domain or port"],
    ["https://*.10.0.0.1", "before an address"],
    ["https://*.example.com.", "domain or port"],
  ])("%j is refused, naming the entry and its fault", (text, why) => {
    const [fault] = faultsOf(origins, `https://good.example,${text}`);
    expect(fault).toContain(`but ${JSON.stringify(text)} `);
    expect(fault).toContain(why);
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
