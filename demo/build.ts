/**
 * Builds the demo page and the console into a folder that any web server, or a gateway, can serve. It takes only a
 * few tenths of a second, so it runs at each start and the page can't be stale.
 */
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { STACK_FILE, type StackLocation } from "./contract.ts";

const PAGE = join(import.meta.dirname, "page");
const CONSOLE = join(import.meta.dirname, "console");

/**
 * @param directory created if missing
 * @param stack where the page finds its stack; without one it shows only the video
 */
export async function buildPage(directory: string, stack?: StackLocation): Promise<void> {
  await mkdir(directory, { recursive: true });
  await build({
    entryPoints: {
      page: join(PAGE, "main.tsx"),
      "console/console": join(CONSOLE, "main.tsx"),
    },
    outdir: directory,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    loader: { ".woff2": "file" },
    assetNames: "[name]",
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "silent", // Errors are thrown.
  });
  await copyFile(join(PAGE, "index.html"), join(directory, "index.html"));
  await copyFile(join(CONSOLE, "index.html"), join(directory, "console", "index.html"));
  await copyFile(join(PAGE, "icon.svg"), join(directory, "icon.svg"));
  if (stack !== undefined) await writeFile(join(directory, STACK_FILE), JSON.stringify(stack));
}
