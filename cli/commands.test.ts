import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { COMMANDS, commandOf, usage } from "./commands.ts";

function ovation(...args: string[]) {
  const main = join(import.meta.dirname, "main.ts");
  return spawnSync(process.execPath, [main, ...args], { encoding: "utf8" });
}

describe("the command ovation", () => {
  test("names every command in its help", () => {
    for (const { name } of COMMANDS) expect(usage()).toMatch(new RegExp(`^  ${name} `, "m"));
    expect(commandOf(["--help"])).toEqual({ outcome: "help" });
  });

  test.each(COMMANDS)("has a file that is $name", ({ name }) => {
    const choice = commandOf([name, "--help"]);
    if (choice.outcome !== "run") throw new Error(choice.outcome);
    expect(existsSync(fileURLToPath(choice.module))).toBe(true);
  });

  test("passes the flags on to the command", () => {
    const { status, stdout } = ovation("dispatcher", "--help");
    expect(stdout).toContain("--store-queue-limit");
    expect(status).toBe(0);
  });

  test("rejects an unknown command by name and suggests the closest one", () => {
    const { status, stderr } = ovation("gatway");
    expect(stderr).toBe('"gatway" is not a command (did you mean gateway?): see ovation --help\n');
    expect(status).toBe(2);
  });

  test.each([
    ["bna", "ban"],
    ["delet", "delete"],
    ["tial", "tail"],
  ])("suggests for %s the command %s", (written, name) => {
    expect(commandOf([written])).toMatchObject({
      fault: expect.stringContaining(`did you mean ${name}?`),
    });
  });

  test("lists the commands when none is given", () => {
    const { status, stderr } = ovation();
    expect(stderr).toContain("a command is missing");
    expect(stderr).toContain(usage());
    expect(status).toBe(2);
  });
});
