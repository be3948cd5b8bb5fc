/** Every public name has a docstring with an example. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";

interface Exported {
  readonly name: string;
  readonly source: string;
}

/** The names in `export { a, type b } from "./c.ts"`, each with the text of that file. */
function exportsOf(entry: string): Exported[] {
  const path = join(import.meta.dirname, entry);
  const lists = readFileSync(path, "utf8").matchAll(
    /^export (?:type )?\{([^}]+)\} from "([^"]+)";/gm,
  );
  return [...lists].flatMap(([, names = "", file = ""]) => {
    const source = readFileSync(join(dirname(path), file), "utf8");
    return names
      .split(",")
      .map((name) => name.replace("type ", "").trim())
      .filter((name) => name !== "")
      .map((name) => ({ name, source }));
  });
}

/** The comment directly before the first match; empty if there is none. */
function docBefore(source: string, declaration: RegExp): string {
  const at = source.search(declaration);
  expect(at, String(declaration)).toBeGreaterThan(0);
  return /\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s*$/.exec(source.slice(0, at))?.[0] ?? "";
}

const names = ["index.ts", "react/index.ts"].flatMap(exportsOf);

test("the exports of both entries are found", () => {
  expect(names.map(({ name }) => name)).toEqual(expect.arrayContaining(["Ovation", "useLikes"]));
});

test.each(names)("$name has a docstring with an example", ({ name, source }) => {
  const kinds = "(?:abstract class|class|interface|type|function|const)";
  const doc = docBefore(source, new RegExp(`^export ${kinds} ${name}\\b`, "m"));
  expect(doc).toContain("@example");
});

describe.each(["client.ts", "video.ts"])("in %s", (file) => {
  const source = readFileSync(join(import.meta.dirname, file), "utf8");
  const body = source.slice(source.search(/^export class /m));
  const methods = [...body.matchAll(/^ {2}(?:async |get )?([a-z]\w*)(?=[<(])/gm)];
  const members = methods.map(([, name = ""]) => name).filter((name) => name !== "constructor");

  test.each([...new Set(members)])("%s has a docstring with an example", (member) => {
    const declaration = new RegExp(`^ {2}(?:async |get )?${member}[<(]`, "m");
    expect(docBefore(body, declaration)).toContain("@example");
  });
});
