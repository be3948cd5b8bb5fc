/** The size of the SDK in a page. */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";

/** What every page loads. */
const FIRST_LOAD_BYTES = 14_499;
/**
 * With the chunks that are loaded where WebSockets don't work, history is read or a moderator acts,
 * when a live value is listened to, for a video with a playhead, and where the gateway asks for reports.
 */
const WHOLE_BYTES = 29_600;

interface Weight {
  readonly firstLoad: number;
  readonly whole: number;
}

/**
 * The bytes of an entry's files, each gzipped separately.
 * @param others entries that it shares files with
 */
async function weigh(entry: string, ...others: readonly string[]): Promise<Weight> {
  const { outputFiles, metafile } = await build({
    entryPoints: [entry, ...others].map((name) => join(import.meta.dirname, name)),
    bundle: true,
    minify: true,
    write: false,
    splitting: true,
    metafile: true,
    absWorkingDir: import.meta.dirname,
    outdir: "dist",
    format: "esm",
    target: "es2022",
    external: ["react"],
  });
  const gzipped = new Map(
    outputFiles.map(({ path, contents }) => [
      relative(import.meta.dirname, path),
      gzipSync(contents, { level: 9 }).length,
    ]),
  );
  const [first] = Object.keys(metafile.outputs).filter(
    (path) => metafile.outputs[path]?.entryPoint === entry,
  );
  const loaded = new Set<string>();
  const load = (path: string) => {
    if (loaded.has(path)) return;
    loaded.add(path);
    for (const { kind, path: next, external } of metafile.outputs[path]?.imports ?? []) {
      if (kind === "import-statement" && external !== true) load(next);
    }
  };
  load(first ?? "");
  const sum = (paths: Iterable<string>) =>
    [...paths].reduce((bytes, path) => bytes + (gzipped.get(path) ?? Number.NaN), 0);
  return { firstLoad: sum(loaded), whole: sum(gzipped.keys()) };
}

/** What all elements add before anybody opens a menu, and before a poll is there or a heart rises. */
const ELEMENTS_BYTES = 12_000;
/** That, with German and all the rest. */
const ALL_ELEMENTS_BYTES = 17_500;

const sdk = await weigh("index.ts");
const elements = await weigh("elements/index.ts", "index.ts");
const hooks = await weigh("react/index.ts");

test("what every page loads, msgpack included, is within its budget", () => {
  expect(sdk.firstLoad).toBeLessThanOrEqual(FIRST_LOAD_BYTES);
  // Something was measured at all.
  expect(sdk.firstLoad).toBeGreaterThan(FIRST_LOAD_BYTES / 2);
});

test("the whole SDK, with what only some pages load, is within its budget", () => {
  expect(sdk.whole).toBeLessThanOrEqual(WHOLE_BYTES);
  expect(sdk.whole).toBeGreaterThan(sdk.firstLoad);
});

test("all elements together, beyond the SDK, are within their budgets", () => {
  const own = elements.firstLoad - sdk.firstLoad;
  expect(own).toBeLessThanOrEqual(ELEMENTS_BYTES);
  expect(own).toBeGreaterThan(ELEMENTS_BYTES / 2);
  expect(elements.whole - sdk.whole).toBeLessThanOrEqual(ALL_ELEMENTS_BYTES);
});

test("docs/elements.md states the size of the elements", () => {
  const text = readFileSync(join(import.meta.dirname, "../docs/elements.md"), "utf8");
  const [, own, later] = /(\d+) kB gzipped beyond the client.+?(\d+) kB in all/.exec(text) ?? [];
  const ownBytes = elements.firstLoad - sdk.firstLoad;
  expect(Number(own)).toBe(Math.round(ownBytes / 1_000));
  expect(Number(later)).toBe(Math.round((elements.whole - sdk.whole - ownBytes) / 1_000));
});

test("the hooks are small, and bundle no part of the SDK", () => {
  expect(hooks.whole).toBeLessThan(2_000);
});

test.each(["../README.md", "README.md"])("%s states the size of the SDK", (page) => {
  const text = readFileSync(join(import.meta.dirname, page), "utf8");
  const figures =
    /(\d+) kB gzipped, (\d+) kB with .+?(?: \(.* entry of (\d+) kB\))?[.,]/.exec(text) ?? [];
  const entrySize = Math.round(hooks.whole / 1_000);
  const [firstLoad, whole, entry = entrySize] = figures.slice(1);
  expect(Number(firstLoad)).toBe(Math.round(sdk.firstLoad / 1_000));
  expect(Number(whole)).toBe(Math.round(sdk.whole / 1_000));
  expect(Number(entry)).toBe(entrySize);
});
