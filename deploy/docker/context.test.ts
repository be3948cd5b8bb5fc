/** The image can be built: its build gets every folder that its programs import from. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { IMAGE_ENTRIES } from "./entries.ts";

const root = join(import.meta.dirname, "../..");

/** The first group of each match in a file of the repository. */
function listed(file: string, pattern: RegExp): string[] {
  return [...readFileSync(join(root, file), "utf8").matchAll(pattern)].map(([, one = ""]) => one);
}

test("the build stage and .dockerignore let in each folder that the image's programs need", async () => {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [...IMAGE_ENTRIES],
    outdir: "unused",
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    metafile: true,
    write: false,
  });
  const inputs = Object.keys(metafile.inputs).filter((path) => path.includes("/"));
  const needed = new Set(inputs.map((path) => path.split("/")[0]));
  expect(needed).toContain("gateway");
  const copied = listed("deploy/docker/Dockerfile", /^COPY ([\w-]+) \1$/gm);
  expect(copied).toEqual(expect.arrayContaining([...needed]));
  expect(listed(".dockerignore", /^!([\w-]+)$/gm)).toEqual(expect.arrayContaining(copied));
});
