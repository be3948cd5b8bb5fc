/** Bundles what the image runs: `node deploy/docker/build.ts FOLDER`. */
import { bundle } from "./bundle.ts";

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("missing argument: the folder to write to");
await bundle(folder);
