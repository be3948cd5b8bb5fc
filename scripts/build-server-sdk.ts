/**
 * Builds the package for backends into server-sdk/dist: one ES module for Node that is independent of
 * this repository, with its types.
 *
 *   node scripts/build-server-sdk.ts
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { buildDeclarations } from "./declarations.ts";

const folder = join(import.meta.dirname, "../server-sdk");
const dist = join(folder, "dist");
const MSGPACKR = join(import.meta.dirname, "../node_modules/msgpackr");

rmSync(dist, { recursive: true, force: true });
await build({
  entryPoints: [join(folder, "index.ts")],
  outdir: dist,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  external: ["jose"],
  // What reads the history is loaded when it is needed.
  splitting: true,
  // Without the optional native part, which is not bundled.
  alias: { msgpackr: join(MSGPACKR, "index.js") },
  sourcemap: true,
  logLevel: "warning",
});
const license = readFileSync(join(MSGPACKR, "LICENSE"), "utf8");
const about =
  "The files beside this one have code of msgpackr (https://github.com/kriszyp/msgpackr):";
writeFileSync(join(dist, "THIRD-PARTY-LICENSES.txt"), `${about}\n\n${license}`);
buildDeclarations(folder, join(dist, "types"));
