/** What the SDK costs a page. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";

const BUDGET_BYTES = 13_000;

async function gzippedBytes(entry: string): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, entry)],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2022",
    external: ["react"],
  });
  return gzipSync(outputFiles[0]?.contents ?? "", { level: 9 }).length;
}

test("the whole SDK, msgpack included, is within its budget", async () => {
  const bytes = await gzippedBytes("index.ts");
  expect(bytes).toBeLessThanOrEqual(BUDGET_BYTES);
  // That something is weighed at all.
  expect(bytes).toBeGreaterThan(BUDGET_BYTES / 2);
});

test("the hooks bring little of their own, and none of the SDK's parts with them", async () => {
  expect(await gzippedBytes("react/index.ts")).toBeLessThan(2_000);
});

test.each(["../README.md", "README.md"])("%s says what the SDK weighs", async (page) => {
  const text = readFileSync(join(import.meta.dirname, page), "utf8");
  const [, core, hooks = "1"] = /(\d+) kB gzipped(?: \(.* entry of (\d+) kB\))?/.exec(text) ?? [];
  expect(Number(core)).toBe(Math.round((await gzippedBytes("index.ts")) / 1_000));
  expect(Number(hooks)).toBe(Math.round((await gzippedBytes("react/index.ts")) / 1_000));
});
