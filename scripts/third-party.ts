/**
 * The third-party software in the image, and its licences: the dependencies of package.json, with
 * their own dependencies.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import image from "../deploy/docker/package.json" with { type: "json" };
import lockFile from "../package-lock.json" with { type: "json" };

interface Package {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
  readonly os?: string | readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const root = join(import.meta.dirname, "..");
const packages: Readonly<Record<string, Package>> = lockFile.packages;
const MODULES = "node_modules/";

/** The image gets these from elsewhere, or not at all: Debian's Node, and its own uWebSockets.js. */
const NOT_SHIPPED = ["uWebSockets.js"];
const [, ADDON = "", ADDON_VERSION = ""] =
  /^npm:(.*)@([^@]+)$/.exec(image.dependencies["uWebSockets.js"]) ?? [];
const SHIPPED_BESIDE = [
  ["Node.js", "22", "MIT and others: https://github.com/nodejs/node/blob/main/LICENSE"],
  [`uWebSockets.js (npm: ${ADDON})`, ADDON_VERSION, "Apache-2.0"],
  ["Debian GNU/Linux trixie, the slim image", "13", "of each package: /usr/share/doc/*/copyright"],
] as const;

/** The path where npm resolves a package that `from` depends on. */
function resolve(name: string, from: string): string | undefined {
  for (let folder = from; ; ) {
    const path = `${folder === "" ? "" : `${folder}/`}${MODULES}${name}`;
    if (packages[path] !== undefined) return path;
    if (folder === "") return undefined;
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf(`/${MODULES}`)));
  }
}

/** The paths of all shipped packages, except those for a single operating system. */
function shipped(): string[] {
  const paths = new Set<string>();
  const waiting = Object.keys(packages[""]?.dependencies ?? {}).map((name) => ({ name, from: "" }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const path = NOT_SHIPPED.includes(next.name) ? undefined : resolve(next.name, next.from);
    if (path === undefined || paths.has(path)) continue;
    const found = packages[path];
    if (found?.os !== undefined) continue;
    paths.add(path);
    const further = { ...found?.dependencies, ...found?.optionalDependencies };
    for (const name of Object.keys(further)) waiting.push({ name, from: path });
  }
  return [...paths].sort();
}

function nameOf(path: string): string {
  return packages[path]?.name ?? path.slice(path.lastIndexOf(MODULES) + MODULES.length);
}

/** The package's licence text; undefined if it has none. */
function textOf(path: string): string | undefined {
  const folder = join(root, path);
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  return file === undefined ? undefined : readFileSync(join(folder, file), "utf8").trim();
}

/** The whole of THIRD-PARTY-NOTICES.md. */
export function thirdPartyPage(): string {
  const paths = shipped();
  const rows = paths.map(
    (path) => `| ${nameOf(path)} | ${packages[path]?.version} | ${packages[path]?.license} |`,
  );
  const beside = SHIPPED_BESIDE.map((cells) => `| ${cells.join(" | ")} |`);
  // Our own LICENSE has the text of the Apache License.
  const withText = paths.filter((path) => packages[path]?.license !== "Apache-2.0");
  const texts = withText.flatMap((path) => {
    const text = textOf(path);
    return text === undefined ? [] : [`## ${nameOf(path)}`, "", "```", text, "```", ""];
  });
  return [
    "<!-- Generated from package-lock.json by scripts/write-docs.ts: do not edit. -->",
    "# Third-party notices",
    "",
    "The image of Ovation contains the following. The text of the Apache License 2.0 is in `LICENSE`; the other licence texts are below.",
    "",
    "| what | version | licence |",
    "| --- | --- | --- |",
    ...rows,
    ...beside,
    "",
    ...texts,
  ].join("\n");
}
