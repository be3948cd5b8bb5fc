/** Bundles what the image runs, and what it serves: `node deploy/docker/build.ts FOLDER`. */
import { join } from "node:path";
import { buildClient } from "../client/bundle.ts";
import { bundle } from "./bundle.ts";

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("missing argument: the folder to write to");
await Promise.all([bundle(folder), buildClient(join(folder, "client"))]);
