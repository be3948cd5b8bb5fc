/** Every public name has a docstring with an example. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { docOf, exampleIn, exportsOf, memberDocs } from "../test/support/docstrings.ts";

const names = ["index.ts", "react/index.ts", "elements/index.ts"].flatMap((entry) =>
  exportsOf(join(import.meta.dirname, entry)),
);

test("the exports of both entries are found", () => {
  expect(names.map(({ name }) => name)).toEqual(expect.arrayContaining(["Ovation", "useLikes"]));
});

test.each(names)("$name has a docstring with an example", (exported) => {
  expect(exampleIn(docOf(exported))).toBeDefined();
});

describe.each(["client.ts", "video.ts"])("in %s", (file) => {
  test.each([...memberDocs(join(import.meta.dirname, file))])(
    "%s has a docstring with an example",
    (_member, doc) => {
      expect(exampleIn(doc)).toBeDefined();
    },
  );
});
