/**
 * Makes a release and checks it: the packages, the image and the chart, all of the version in
 * package.json, with bills of materials, checksums and the notes. It publishes nothing: in the end it
 * says which commands do.
 *
 *   npm run release -- --dry-run     leaves out what a missing tool prevents, and says so
 *   npm run release                  needs all tools, a clean tree and a section of CHANGELOG.md
 *   … --out FOLDER                   default: dist/release
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { releaseChart } from "./release/chart.ts";
import { releaseImage } from "./release/image.ts";
import { releaseNotes } from "./release/notes.ts";
import { type Package, releasePackage } from "./release/package.ts";
import { type Outcome, type Release, ROOT, run } from "./release/release.ts";
import { imageBom, packageBom } from "./release/sbom.ts";
import { releaseVersion } from "./release/versions.ts";

interface Step {
  readonly part: string;
  readonly make: (release: Release) => Promise<Outcome>;
  /** The bill of materials of what was made, and its name. */
  readonly bom?: readonly [name: string, make: (version: string) => Promise<string>];
}

const PACKAGES: readonly Package[] = [
  { name: "ovation-client", folder: "sdk", hasCommonJs: true, bundled: [] },
  { name: "ovation-server", folder: "server-sdk", hasCommonJs: false, bundled: ["msgpackr"] },
];

const STEPS: readonly Step[] = [
  ...PACKAGES.map(
    (one): Step => ({
      part: `package ${one.name}`,
      make: (release) => releasePackage(one, release),
      bom: [one.name, (version) => packageBom(one, version)],
    }),
  ),
  { part: "chart", make: releaseChart },
  { part: "image", make: releaseImage, bom: ["ovation-image", imageBom] },
];

const say = (text: string) => process.stdout.write(`release: ${text}\n`);

async function main(isDryRun: boolean, folder: string): Promise<void> {
  const version = releaseVersion(ROOT);
  if (!isDryRun && (await run("git", ["status", "--porcelain"])) !== "") {
    throw new Error("the tree has changes that are not committed");
  }
  const changelog = await readFile(join(ROOT, "CHANGELOG.md"), "utf8");
  const notes = releaseNotes(changelog, version, isDryRun);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const files: string[] = [];
  const write = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    files.push(name);
  };
  await write("RELEASE-NOTES.md", notes);
  const commands: string[] = [];
  for (const { part, make, bom } of STEPS) {
    const outcome = await make({ version, folder });
    if ("missing" in outcome) {
      const fault = `the ${part} can't be made: ${outcome.missing} is missing`;
      if (!isDryRun) throw new Error(fault);
      say(`LEFT OUT: ${fault}`);
      continue;
    }
    files.push(...outcome.files);
    commands.push(outcome.publish);
    say(`${outcome.files.join(", ")}: ${outcome.checked}`);
    if (bom !== undefined) await write(`${bom[0]}-${version}.cdx.json`, await bom[1](version));
  }
  await writeFile(join(folder, "SHA256SUMS"), await checksums(folder, files));
  say(`version ${version} is in ${folder}: ${["SHA256SUMS", ...files].join(", ")}`);
  say(`${isDryRun ? "a dry run; these" : "nothing is published yet; these"} would publish it:`);
  for (const command of [`git tag v${version} && git push origin v${version}`, ...commands]) {
    process.stdout.write(`  ${command}\n`);
  }
}

/** As `sha256sum --check` reads them. */
async function checksums(folder: string, files: readonly string[]): Promise<string> {
  const lines = await Promise.all(
    files.map(async (file) => {
      const hash = createHash("sha256").update(await readFile(join(folder, file)));
      return `${hash.digest("hex")}  ${file}\n`;
    }),
  );
  return lines.join("");
}

const { values } = parseArgs({
  options: { "dry-run": { type: "boolean" }, out: { type: "string" } },
});
try {
  await main(values["dry-run"] === true, resolve(ROOT, values.out ?? "dist/release"));
} catch (error) {
  process.stderr.write(`release: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
