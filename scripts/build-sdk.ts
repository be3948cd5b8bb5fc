/**
 * Builds the SDK's package into sdk/dist: its two entries as ES modules that are independent of this
 * repository, with their types.
 *
 *   node scripts/build-sdk.ts
 */
import { execFileSync } from "node:child_process";
import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");
const sdk = join(root, "sdk");
const dist = join(sdk, "dist");

/** The entries of the package, by the names of their files. */
const ENTRIES = { index: join(sdk, "index.ts"), react: join(sdk, "react/index.ts") };

async function buildScripts(): Promise<void> {
  await build({
    entryPoints: ENTRIES,
    outdir: dist,
    bundle: true,
    // What both entries use is in a file of its own, so that there is one OvationError; and so is
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

/** Declarations of all modules, whose imports name the files of the package. */
function buildTypes(): void {
  const types = join(dist, "types");
  const flags = ["--noEmit", "false", "--declaration", "--emitDeclarationOnly", "--outDir", types];
  execFileSync(join(root, "node_modules/.bin/tsc"), ["-p", sdk, ...flags], { stdio: "inherit" });
  for (const file of globSync("**/*.d.ts", { cwd: types })) {
    const path = join(types, file);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace(/(["']\.{1,2}\/[^"']+)\.ts(["'])/g, "$1.js$2"));
  }
}

rmSync(dist, { recursive: true, force: true });
await buildScripts();
buildTypes();
