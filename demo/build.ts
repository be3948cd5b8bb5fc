/**
 * Builds the demo page into a folder that any web server, or a gateway, can serve. It takes a few
 * tenths of a second, so that it is simply done at each start, and can't be stale.
 */
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { STACK_FILE, type StackPlace } from "./contract.ts";

const PAGE = join(import.meta.dirname, "page");

/**
 * @param directory made if it isn't there
 * @param place where the page finds its stack; without one it shows the video alone
 */
export async function buildPage(directory: string, place?: StackPlace): Promise<void> {
  await mkdir(directory, { recursive: true });
  await build({
    entryPoints: { page: join(PAGE, "main.tsx") },
    outdir: directory,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    loader: { ".woff2": "file" },
    assetNames: "[name]",
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "silent", // Its errors are thrown.
  });
  await copyFile(join(PAGE, "index.html"), join(directory, "index.html"));
  await copyFile(join(PAGE, "icon.svg"), join(directory, "icon.svg"));
  if (place !== undefined) await writeFile(join(directory, STACK_FILE), JSON.stringify(place));
}
