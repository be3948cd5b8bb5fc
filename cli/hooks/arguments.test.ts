import { describe, expect, test } from "vitest";
import { ArgumentFault, parseHooks } from "./arguments.ts";

const NOW = Date.parse("2026-11-27T18:00:00Z");
const commandOf = (line: string) => {
  const parsed = parseHooks(line.split(" "), NOW);
  return parsed.outcome === "command" ? parsed : undefined;
};

describe("ovation hooks", () => {
  test("without a command runs the role, with its flags", () => {
    expect(parseHooks([])).toEqual({ outcome: "role" });
    expect(parseHooks(["--hooks-url", "https://example.com"])).toEqual({ outcome: "role" });
  });

  test.each([
    ["status --json", { name: "status", isJson: true }],
    ["resume archive", { name: "resume", endpoint: "archive" }],
    ["replay --since 2h", { name: "replay", since: NOW - 7_200_000, endpoint: undefined }],
    [
      "replay --since=2026-11-27T18:00:00Z --endpoint a",
      { name: "replay", since: NOW, endpoint: "a" },
    ],
    ["dead purge --endpoint a", { name: "dead", act: "purge", endpoint: "a", isJson: false }],
  ])("%s", (line, command) => {
    expect(commandOf(line)?.command).toEqual(command);
  });

  test("leaves the settings to the settings", () => {
    const flags = ["--nats-url", "nats://n:4222"];
    expect(commandOf(`replay --since 1d ${flags.join(" ")} --endpoint a`)?.flags).toEqual(flags);
  });

  test.each([
    ["statsu", /"statsu" is not a command/],
    ["resume", /resume: the endpoint is missing/],
    ["replay", /--since is missing/],
    ["replay --since soon", /--since: "soon" is neither a date/],
    ["replay --since --endpoint a", /--since: needs a value/],
    ["dead", /one of list, requeue, purge is missing/],
    ["dead purge", /--endpoint is missing/],
  ])("%s is refused", (line, fault) => {
    expect(() => parseHooks(line.split(" "), NOW)).toThrow(ArgumentFault);
    expect(() => parseHooks(line.split(" "), NOW)).toThrow(fault);
  });
});
