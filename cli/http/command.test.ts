import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type HttpCommand, parseCommandLine, UsageError } from "./command.ts";
import { exitCodeOf } from "./exit-codes.ts";
import { harmless } from "./output.ts";
import { duration, moment } from "./settings.ts";

const settings = { for: duration({ doc: "How long." }) };
const command: HttpCommand<typeof settings> = {
  name: "wave",
  arguments: "<video> [hand]",
  doc: "Waves.",
  settings,
  words: [1, 2],
  examples: [["wave launch left", "Waves with the left hand."]],
  run: async () => undefined,
};
const HUSH = "hush-hush";

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "ovation-command-"));
  file = join(folder, "token");
  writeFileSync(file, "of-the-file\n");
});
afterAll(() => rmSync(folder, { recursive: true }));

function parse(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const parsed = parseCommandLine(command, argv, env);
  if (parsed.outcome !== "run") throw new Error(parsed.outcome);
  return parsed;
}

test("words and flags may come in any order", () => {
  const { words, options, isJson } = parse(["launch", "--for", "10m", "left", "--json"]);
  expect({ words, options, isJson }).toMatchObject({
    words: ["launch", "left"],
    options: { for: 600_000 },
    isJson: true,
  });
  expect(parse(["launch"])).toMatchObject({ isJson: undefined, client: { waitMs: 2_000 } });
});

test("a flag counts more than a variable; the address may have a path", () => {
  const env = { OVATION_URL: "https://a.example/live/", OVATION_TOKEN: "of-the-variable" };
  const client = (argv: string[], more = {}) => parse(["v", ...argv], { ...env, ...more }).client;
  expect(client([])).toMatchObject({ url: "https://a.example/live", token: "of-the-variable" });
  expect(client(["--token", "t"])).toMatchObject({ token: "t" });
  expect(client(["--token-file", file])).toMatchObject({ token: "of-the-file" });
  const variable = { OVATION_TOKEN: "", OVATION_TOKEN_FILE: file, OVATION_URL: "" };
  expect(client([], variable)).toMatchObject({
    url: "http://127.0.0.1:8080",
    token: "of-the-file",
  });
});

describe("a command line is refused by what is wrong with it, without secrets", () => {
  test.each<[readonly string[], RegExp]>([
    [[], /^<video> is missing: ovation wave <video> \[hand\]$/],
    [["a", "b", "c"], /^argument "c" belongs to no flag$/],
    [["a", "--fo", "1s"], /^--fo is not a flag of wave \(did you mean --for\?\)$/],
    [["a", "--for", "10"], /^--for must be a time such as 90s, 10m or 2h, but is "10"$/],
    [["a", "--url", "live.example.com"], /^--url must be a URL of the form/],
    [["a", "--url", `http://a:${HUSH}@b`], /^--url must hold no user and no password$/],
    [["a", "--token", `${HUSH} x`], /^--token must be a token or an API key/],
    [["a", "--token", HUSH, "--token-file", "x"], /can't both be given$/],
    [["a", "--token-file", "/none"], /^the token's file can't be read: /],
    [["a", "--for", "x", "--wait-ms", "x"], /^--for .*\n--wait-ms /],
  ])("%j", (argv, message) => {
    expect(() => parse(argv)).toThrow(UsageError);
    expect(() => parse(argv)).toThrow(message);
    expect(() => parse(argv)).toThrow(/^(?![\s\S]*hush)/);
  });
});

test.each([
  ["1780344000000", 1_780_344_000_000],
  ["2026-06-01T20:00:00Z", 1_780_344_000_000],
  ["2026-06-01T22:00+02:00", 1_780_344_000_000],
  ["2026-06-01", 1_780_272_000_000],
  ["2026-13-01", undefined],
  ["2026-06-01T20:00:00", undefined],
  ["today", undefined],
  ["-1", undefined],
])("%s is the moment %s", (text, at) => {
  expect(moment({ doc: "" }).schema.safeParse(text).data).toBe(at);
});

test.each([
  ["event_not_found", 1],
  ["banned", 1],
  ["a_newer_code", 1],
  ["overloaded", 3],
  ["timeout", 3],
  ["unreachable", 3],
  ["wrong_address", 3],
  ["token_expired", 4],
  ["forbidden", 4],
])("after %s a command ends with %i", (code, exit) => {
  expect(exitCodeOf(code)).toBe(exit);
});

test("no text can give a terminal a command, or reverse a line", () => {
  expect(harmless("a\u001b[2Jb\u009b\u202ec\nü🔥")).toBe("a\\u001b[2Jb\\u009b\\u202ec\\u000aü🔥");
});
