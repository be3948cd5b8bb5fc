import { expect, test } from "vitest";
import { helpText, parseCommand } from "./options.ts";

test("without flags, the scenario decides everything", () => {
  const { words, repeat, options } = parseCommand([]);
  expect(words).toEqual([]);
  expect(repeat).toBe(1);
  expect(options).toMatchObject({ viewers: undefined, rate: undefined, urls: [], speed: 1 });
  expect(options.link).toBe("loopback");
  expect(parseCommand(["--link", "veth"]).options.link).toBe("veth");
});

test("numbers are parsed, and the roles' flags are passed on", () => {
  const { words, options } = parseCommand([
    ..."likes --viewers 200 --rate 0.5 --gateway-flag frame-interval-max-ms=50".split(" "),
    ..."--gateway-flag=--log-level=warn --url ws://a:1 --url ws://b:2".split(" "),
  ]);
  expect(words).toEqual(["likes"]);
  expect(options).toMatchObject({
    viewers: 200,
    rate: 0.5,
    gatewayFlags: ["--frame-interval-max-ms=50", "--log-level=warn"],
    urls: ["ws://a:1", "ws://b:2"],
  });
});

test.each([
  ["--viewers", "many"],
  ["--viewers", "0"],
  ["--viewers", "1.5"],
  ["--seconds", ""],
  ["--link", "satellite"],
  ["--unknown", "1"],
])("%s %s is rejected", (...argv) => {
  expect(() => parseCommand(argv)).toThrow();
});

test("the help names every scenario", () => {
  expect(helpText(["likes", "flood"])).toContain("likes, flood");
});
