/** The workflows for a public forge: valid, and made of actions that can't change unseen. */
import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const workflows = globSync(".github/workflows/*.yml", { cwd: root });
/** `go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12` */
const actionlint = process.env["OVATION_TEST_ACTIONLINT"] ?? "actionlint";
const { error, stdout, stderr } = spawnSync(actionlint, [], { cwd: root, encoding: "utf8" });
const isMissing = error !== undefined && "code" in error && error.code === "ENOENT";
if (isMissing) process.stderr.write("Left out: actionlint on the workflows (it is not there)\n");

test.skipIf(isMissing)("actionlint finds nothing wrong with the workflows", () => {
  expect(`${stdout}${stderr}`).toBe("");
});

test("each action is named by its commit, with its version beside it", () => {
  const lines = workflows.flatMap((file) =>
    readFileSync(join(root, file), "utf8").match(/^.*\buses: .*$/gm),
  );
  const others = lines.filter((line) => !line?.includes("uses: ./"));
  expect(others.length).toBeGreaterThan(3);
  const pinned = /uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/;
  expect(others.filter((line) => !pinned.test(line ?? ""))).toEqual([]);
});
