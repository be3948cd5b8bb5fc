/** The page "It doesn't connect" lists every reason, and each has a test that provokes it. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const page = readFileSync(join(root, "docs/connecting.md"), "utf8");
/** The codes at the beginning of the rows. */
const codes = [...page.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, cell = ""]) =>
  [...cell.matchAll(/`([a-z_]+)`/g)].map(([, code = ""]) => code),
);
const tests = globSync("test/{sdk,local}/**/*.test.ts", { cwd: root }).map((file) =>
  readFileSync(join(root, file), "utf8"),
);

/** Codes of the SDK that are answers to a publish, or about what an application gives. */
const OF_CALLS = [
  "unconfirmed",
  "not_connected",
  "queue_full",
  "data_invalid",
  "data_unexpected",
  "playhead_invalid",
  "predecessor_failed",
];

test("lists every client error code that a state may have", () => {
  const source = readFileSync(join(root, "sdk/error.ts"), "utf8");
  const union = /type ClientErrorCode =([\s\S]*?)\n\n/.exec(source)?.[1] ?? "";
  const own = [...union.matchAll(/\| "([a-z_]+)"/g)].map(([, code = ""]) => code);
  expect(own).toContain("wrong_address");
  expect(own.filter((code) => !codes.includes(code) && !OF_CALLS.includes(code))).toEqual([]);
});

describe("every row has a test", () => {
  test.each([...new Set(codes)])("%s", (code) => {
    expect(tests.some((source) => source.includes(`"${code}"`))).toBe(true);
  });
});
