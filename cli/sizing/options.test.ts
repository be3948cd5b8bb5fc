/** The command line of `ovation size`, as a user types it. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { settingNames } from "../../shared/config/setting.ts";
import { sizingCommand } from "./options.ts";
import { sizingSettings } from "./settings.ts";

const MAIN = join(import.meta.dirname, "../main.ts");

function size(...args: string[]) {
  return spawnSync(process.execPath, [MAIN, "size", ...args], { encoding: "utf8" });
}

describe("ovation size", () => {
  test("prints what an audience needs", () => {
    const { stdout, status } = size("--viewers", "100000", "--videos", "50", "--likes=1000");
    expect(stdout).toMatch(
      /^100,000 viewers of 50 videos, 1,000 likes and 10 comments per second\./,
    );
    for (const what of ["gateways", "dispatchers", "NATS servers", "rows of the table"]) {
      expect(stdout).toContain(what);
    }
    expect(stdout).not.toMatch(/NaN|Infinity|undefined/);
    expect(status).toBe(0);
  });

  test("prints JSON for a program", () => {
    const { stdout, status } = size("--viewers=1000", "--json");
    const { input, sizing } = JSON.parse(stdout);
    expect(input).toMatchObject({ viewers: 1_000, videos: 1 });
    expect(sizing).toMatchObject({ cells: 1, viewers: 1_000 });
    expect(sizing.gateways.total).toBeGreaterThan(0);
    expect(status).toBe(0);
  });

  test("lists every setting in its help", () => {
    const { stdout, status } = size("--help");
    for (const key of Object.keys(sizingSettings)) expect(stdout).toContain(settingNames(key).flag);
    expect(stdout).not.toContain("Environment:");
    expect(status).toBe(0);
  });

  test("names every fault of its input, with the limit that was exceeded", () => {
    const { stdout, stderr, status } = size("--viewers=1e6", "--vidoes=3", "--files=12");
    expect(stderr.split("\n  - ")).toEqual([
      "The configuration has 3 faults:",
      "--vidoes is not a setting of size (did you mean --videos?)",
      '--viewers must be an integer from 1 to 1000000000, but is "1e6"',
      '--files must be an integer from 128 to 100000000, but is "12"\n',
    ]);
    expect(stdout).toBe("");
    expect(status).toBe(2);
  });

  test.each([
    [["--hot-likes=200"], "--hot-likes (200) must be at most --likes (100)"],
    [["--hot-likes=50", "--videos=2"], "--hot-likes needs --hot-percent"],
    [["--hot-percent=100", "--videos=2"], "--hot-percent (100) leaves no viewers"],
    [["--frame-interval-min-ms=200"], "--frame-interval-max-ms (60) must be at least"],
    [["--likes=-1"], '--likes must be a number from 0 to 1000000000 (a second), but is "-1"'],
    [["--likes", "--json"], "--likes needs a value"],
  ])("rejects %j", (args, fault) => {
    expect(() => sizingCommand(args)).toThrow(fault);
  });

  test("says when one video is more than a deployment carries", () => {
    const { stderr, status } = size("--viewers=50000000", "--likes=50000000");
    expect(stderr).toMatch(/^one video alone is too much: /);
    expect(status).toBe(1);
  });
});
