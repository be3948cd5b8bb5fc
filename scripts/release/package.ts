/** The package of the SDK: packed, and installed in an empty project. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import manifest from "../../package.json" with { type: "json" };
import { type Outcome, type Release, run } from "./release.ts";

/** A package of this repository. */
export interface Package {
  readonly name: string;
  /** From the root. */
  readonly folder: string;
  /** Whether it has CommonJS beside its ES modules. */
  readonly hasCommonJs: boolean;
  /** Packages of others whose code is in it. */
  readonly bundled: readonly string[];
}

/** Of a package of ES modules alone, attw finds that CommonJS and `node10` can't have it. */
const MODULES_ONLY = ["CJSResolvesToESM", "NoResolution"];
/** Entries that have types and nothing else: they are loaded, and export nothing. */
const TYPES_ONLY = ["ovation-client/react-elements"];

export async function releasePackage(
  { name, folder: source, hasCommonJs }: Package,
  { version, folder }: Release,
): Promise<Outcome> {
  await run("npm", ["pack", `./${source}`, "--pack-destination", folder]);
  const file = `${name}-${version}.tgz`;
  const formats = hasCommonJs ? ["import", "require"] : ["import"];
  await checkTypes(join(folder, file), hasCommonJs);
  const entries = await checkInstalled(name, join(folder, file), formats);
  return {
    files: [file],
    checked: `installed in an empty project: ${entries.join(", ")} by ${formats.join(" and ")}, with types`,
    publish: `npm publish ${join(folder, file)}`,
  };
}

/** @throws Error that lists what a way to resolve the package gets wrong */
async function checkTypes(tarball: string, hasCommonJs: boolean): Promise<void> {
  const result = await checkPackage(createPackageFromTarballData(await readFile(tarball)));
  const found = result.types === false ? [{ kind: "NoTypes" }] : result.problems;
  const problems = found.filter(({ kind }) => hasCommonJs || !MODULES_ONLY.includes(kind));
  if (problems.length > 0) throw new Error(`${tarball}: ${JSON.stringify(problems, null, 2)}`);
}

/**
 * Installs it in an empty project, and loads its entries in each format.
 * @returns the entries
 */
async function checkInstalled(
  name: string,
  tarball: string,
  formats: readonly string[],
): Promise<string[]> {
  const project = await mkdtemp(join(tmpdir(), "ovation-release-"));
  try {
    await writeFile(join(project, "package.json"), '{ "private": true }');
    const react = `react@${manifest.devDependencies.react}`;
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
    await run("npm", ["install", ...flags, tarball, react], project);
    const pkgDir = join(project, "node_modules", name);
    const { messages } = await publint({ pkgDir, pack: false });
    if (messages.length > 0) throw new Error(`${tarball}: ${JSON.stringify(messages, null, 2)}`);
    const { exports } = JSON.parse(await readFile(join(pkgDir, "package.json"), "utf8")) as {
      exports: Readonly<Record<string, unknown>>;
    };
    const entries = Object.keys(exports).filter((entry) => !entry.endsWith(".json"));
    const names = entries.map((entry) => `${name}${entry.slice(1)}`);
    await writeFile(join(project, "load.mjs"), program(names, formats));
    await run(process.execPath, ["load.mjs"], project);
    return names;
  } finally {
    await rm(project, { recursive: true, force: true });
  }
}

/** Fails unless each entry exports the same names in every format, and something unless it has types only. */
function program(names: readonly string[], formats: readonly string[]): string {
  return `
    import { createRequire } from "node:module";
    const load = { import: (name) => import(name), require: createRequire(import.meta.url) };
    const own = (exports) => Object.keys(exports).filter((name) => name !== "default").sort().join();
    for (const name of ${JSON.stringify(names)}) {
      const exported = new Set();
      for (const format of ${JSON.stringify(formats)}) exported.add(own(await load[format](name)));
      const isEmpty = ${JSON.stringify(TYPES_ONLY)}.includes(name);
      if (exported.size > 1 || exported.has("") !== isEmpty) {
        throw new Error(\`\${name} exports \${[...exported].join("; ")} in ${formats.join(" and ")}\`);
      }
    }
  `;
}
