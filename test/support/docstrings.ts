/** The docstrings of a package's public names, for the tests that compare or run them. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "vitest";

export interface Exported {
  readonly name: string;
  /** The text of the file that declares it. */
  readonly source: string;
}

/** The names in `export { a, type b } from "./c.ts"` of an entry. */
export function exportsOf(entry: string): Exported[] {
  const lists = readFileSync(entry, "utf8").matchAll(
    /^export (?:type )?\{([^}]+)\} from "([^"]+)";/gm,
  );
  return [...lists].flatMap(([, names = "", file = ""]) => {
    const source = readFileSync(join(dirname(entry), file), "utf8");
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

/** The docstring of an exported name. */
export function docOf({ name, source }: Exported): string {
  const kinds = "(?:abstract class|class|interface|type|(?:async )?function|const)";
  return docBefore(source, new RegExp(`^export ${kinds} ${name}\\b`, "m"));
}

/** The docstrings of the public members of the class in a file, by their names. */
export function memberDocs(file: string): ReadonlyMap<string, string> {
  const source = readFileSync(file, "utf8");
  const body = source.slice(source.search(/^export class /m));
  const methods = [...body.matchAll(/^ {2}(?:async |get )?\*?([a-z]\w*)(?=[<(])/gm)];
  const members = methods.map(([, name = ""]) => name).filter((name) => name !== "constructor");
  return new Map(
    members.map((member) => {
      const declaration = new RegExp(`^ {2}(?:async |get )?\\*?${member}[<(]`, "m");
      return [member, docBefore(body, declaration)];
    }),
  );
}

/** The code after `@example`; undefined where there is none. */
export function exampleIn(doc: string): string | undefined {
  const [, code] = /@example\n([\s\S]*?)\*\/\s*$/.exec(doc) ?? [];
  return code?.replaceAll(/^\s*\* ?/gm, "").trim();
}
