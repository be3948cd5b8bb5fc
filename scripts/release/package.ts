/** The package of the SDK: packed, and installed in an empty project. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import manifest from "../../package.json" with { type: "json" };
import { type Outcome, type Release, run } from "./release.ts";

const NAME = "ovation-client";

export async function releasePackage({ version, folder }: Release): Promise<Outcome> {
  await run("npm", ["pack", "./sdk", "--pack-destination", folder]);
  const file = `${NAME}-${version}.tgz`;
  await checkTypes(join(folder, file));
  const entries = await checkInstalled(join(folder, file));
  return {
    files: [file],
    checked: `installed in an empty project: ${entries.join(", ")} by import and require; types by node10, node16 and bundler`,
    publish: `npm publish ${join(folder, file)}`,
  };
}

/** @throws Error that lists what a way to resolve the package gets wrong */
async function checkTypes(tarball: string): Promise<void> {
  const result = await checkPackage(createPackageFromTarballData(await readFile(tarball)));
  const problems = result.types === false ? [{ kind: "NoTypes" }] : result.problems;
  if (problems.length > 0) throw new Error(`${tarball}: ${JSON.stringify(problems, null, 2)}`);
}

/**
 * Installs it in an empty project, and loads its entries in both formats.
 * @returns the entries
 */
async function checkInstalled(tarball: string): Promise<string[]> {
  const project = await mkdtemp(join(tmpdir(), "ovation-release-"));
  try {
    await writeFile(join(project, "package.json"), '{ "private": true }');
    const react = `react@${manifest.devDependencies.react}`;
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
    await run("npm", ["install", ...flags, tarball, react], project);
    const pkgDir = join(project, "node_modules", NAME);
    const { messages } = await publint({ pkgDir, pack: false });
    if (messages.length > 0) throw new Error(`${tarball}: ${JSON.stringify(messages, null, 2)}`);
    const { exports } = JSON.parse(await readFile(join(pkgDir, "package.json"), "utf8")) as {
      exports: Readonly<Record<string, unknown>>;
    };
    const entries = Object.keys(exports).filter((entry) => !entry.endsWith(".json"));
    const names = entries.map((entry) => `${NAME}${entry.slice(1)}`);
    await writeFile(join(project, "load.mjs"), program(names));
    await run(process.execPath, ["load.mjs"], project);
    return names;
  } finally {
    await rm(project, { recursive: true, force: true });
  }
}

/** Fails unless each entry exports the same names in both formats. */
function program(names: readonly string[]): string {
  return `
    import { createRequire } from "node:module";
    const require = createRequire(import.meta.url);
    const own = (exports) => Object.keys(exports).filter((name) => name !== "default").sort().join();
    for (const name of ${JSON.stringify(names)}) {
      const [imported, required] = [own(await import(name)), own(require(name))];
      if (imported === "" || imported !== required) {
        throw new Error(\`\${name} exports \${imported} by import, and \${required} by require\`);
      }
    }
  `;
}
