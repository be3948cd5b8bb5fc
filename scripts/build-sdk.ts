/**
 * Builds the SDK's package into sdk/dist: its entries as ES modules and as CommonJS, both independent
 * of this repository, each with types of its own.
 *
 *   node scripts/build-sdk.ts
 */
import { cpSync, globSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { buildDeclarations } from "./declarations.ts";

const root = join(import.meta.dirname, "..");
const sdk = join(root, "sdk");
const dist = join(sdk, "dist");
const cjs = join(dist, "cjs");

/** The entries of the package, by the names of their files. */
const ENTRIES = {
  index: join(sdk, "index.ts"),
  react: join(sdk, "react/index.ts"),
  elements: join(sdk, "elements/index.ts"),
  "react-elements": join(sdk, "react/elements.ts"),
};

async function buildModules(): Promise<void> {
  await build({
    entryPoints: ENTRIES,
    outdir: dist,
    bundle: true,
    // What several entries use is in a file of its own, so that there is one OvationError; and so is
    // what goes over HTTP, which is loaded when it is needed.
    splitting: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    target: "es2022",
    external: ["react"],
    sourcemap: true,
    logLevel: "warning",
  });
}

/**
 * The same files as CommonJS, for programs that `require`, such as tests in Jest. esbuild splits only
 * ES modules, so each file is converted on its own: what is one module there is one here.
 */
async function convertModules(): Promise<void> {
  await build({
    entryPoints: globSync("*.js", { cwd: dist }).map((file) => join(dist, file)),
    outdir: cjs,
    format: "cjs",
    // Adds the names of the exports in the form that Node's `import` finds.
    platform: "node",
    target: "es2022",
    // The chunks are required too: Jest has no `import()` without an experimental flag.
    supported: { "dynamic-import": false },
    sourcemap: true,
    logLevel: "warning",
  });
  // The package is one of ES modules; this folder is not.
  writeFileSync(join(cjs, "package.json"), '{ "type": "commonjs" }\n');
}

function buildTypes(): void {
  const types = join(dist, "types");
  buildDeclarations(sdk, types);
  // What a declaration describes depends on the folder that it is in.
  cpSync(types, join(cjs, "types"), { recursive: true });
}

rmSync(dist, { recursive: true, force: true });
await buildModules();
await convertModules();
buildTypes();
