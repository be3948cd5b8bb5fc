/** docs/guarantees.md and the guarantee tests must match. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CELLS, cellsOf } from "./guarantees.ts";

const TESTS = join(import.meta.dirname, "../integration/guarantees/*.test.ts");
/** A call at the start of a line: one that is commented out or conditional doesn't count. */
const SHOWN = /^guarantee\(\s*"([^"]+)",\s*"([^"]+)"/gm;

test("every cell of the table has a test, and every test a cell", () => {
  const shown = globSync(TESTS).flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(SHOWN)].map(
      ([, failure, kind]) => `${failure}: ${kind}`,
    ),
  );
  expect(shown.sort()).toEqual(CELLS.map(({ failure, kind }) => `${failure}: ${kind}`).sort());
});

test.each(["order", "vote"])("the table of %s names the same failures as the first", (kind) => {
  const failures = (of: string) => CELLS.filter((cell) => cell.kind === of);
  expect(failures(kind).map(({ failure }) => failure)).toEqual(
    failures("comment").map(({ failure }) => failure),
  );
});

test("no cell is empty", () => {
  expect(CELLS).not.toEqual([]);
  expect(CELLS.filter(({ text }) => text === "")).toEqual([]);
});

test("the table is read to its end, and no further", () => {
  const page = [
    "| other | table |",
    "",
    "| what fails | like | comment | viewers | total | state |",
    "| --- | --- | --- | --- | --- | --- |",
    "| one thing | a | b | c | t | v |",
    "| another | d | e | | u | w |",
    "",
    "| more | of | another | table |",
  ];
  expect(cellsOf(page.join("\n"))).toEqual([
    { failure: "one thing", kind: "like", text: "a" },
    { failure: "one thing", kind: "comment", text: "b" },
    { failure: "one thing", kind: "viewers", text: "c" },
    { failure: "one thing", kind: "total", text: "t" },
    { failure: "one thing", kind: "state", text: "v" },
    { failure: "another", kind: "like", text: "d" },
    { failure: "another", kind: "comment", text: "e" },
    { failure: "another", kind: "viewers", text: "" },
    { failure: "another", kind: "total", text: "u" },
    { failure: "another", kind: "state", text: "w" },
  ]);
});
