/**
 * Builds the client that gateways serve to pages: `ovation-<hash>.js`, the SDK and the elements in one
 * file, plain and compressed, and `ovation.json`, which names it. One file, so that a page loads nothing
 * from a gateway of another version while gateways are replaced, and its `integrity` covers all of it.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { build } from "esbuild";

const ROOT = join(import.meta.dirname, "../..");
/** Where programs that run from the sources keep it. */
export const CLIENT_FOLDER = join(ROOT, ".cache/client");
const MANIFEST = "ovation.json";
const HASH_LENGTH = 16;
/** The slowest: it is compressed once, and sent to everyone. */
const BROTLI = {
  params: {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
  },
};

/** @returns the script, minified */
async function bundleClient(): Promise<Uint8Array> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: ["sdk/elements/served.ts"],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
    banner: { js: "/*! Ovation, Apache-2.0 */" },
    logLevel: "silent", // Errors are thrown.
  });
  const [script] = outputFiles;
  if (script === undefined) throw new Error("the client's build has no output");
  return script.contents;
}

/**
 * Writes the client into a folder, unless it is there already: only a changed one is compressed again.
 * @param folder created if missing
 */
export async function buildClient(folder = CLIENT_FOLDER): Promise<void> {
  const [bytes, { version }] = await Promise.all([bundleClient(), packageOf(ROOT)]);
  const hash = createHash("sha256").update(bytes).digest("base64url").slice(0, HASH_LENGTH);
  const script = `ovation-${hash}.js`;
  const integrity = `sha384-${createHash("sha384").update(bytes).digest("base64")}`;
  const manifest = `${JSON.stringify({ version, script, integrity }, null, 2)}\n`;
  if (existsSync(join(folder, script)) && (await isSame(join(folder, MANIFEST), manifest))) return;
  await mkdir(folder, { recursive: true });
  const old = (await readdir(folder)).filter((name) => /^ovation-.*\.js/.test(name));
  const [br, gz] = await Promise.all([
    promisify(brotliCompress)(bytes, BROTLI),
    promisify(gzip)(bytes, { level: 9 }),
  ]);
  await put(join(folder, `${script}.br`), br);
  await put(join(folder, `${script}.gz`), gz);
  await put(join(folder, script), bytes);
  // Last: whoever reads it finds what it names.
  await put(join(folder, MANIFEST), manifest);
  for (const name of old)
    if (!name.startsWith(script)) await rm(join(folder, name), { force: true });
}

async function packageOf(folder: string): Promise<{ readonly version: string }> {
  return JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as { version: string };
}

async function isSame(path: string, text: string): Promise<boolean> {
  return existsSync(path) && (await readFile(path, "utf8")) === text;
}

/** A reader never sees a part of a file, also where two programs build at once. */
async function put(path: string, content: Uint8Array | string): Promise<void> {
  const part = `${path}.${process.pid}`;
  await writeFile(part, content);
  await rename(part, path);
}
