import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";

const root = join(import.meta.dirname, "../..");

const packageSchema = z.object({
  version: z.string(),
  dependencies: z.record(z.string(), z.string()),
  overrides: z.record(z.string(), z.string()).default({}),
});

function packageOf(folder: string) {
  return packageSchema.parse(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")));
}

const ours = packageOf(root);
const image = packageOf(import.meta.dirname);

test("the image's addons are pinned exactly", () => {
  for (const version of Object.values(image.dependencies)) {
    expect(version).toMatch(/^(npm:.+@)?\d+\.\d+\.\d+$/);
  }
});

test("the image has the same MessagePack addon as development", () => {
  expect(image.dependencies["msgpackr-extract"]).toBe(ours.overrides["msgpackr-extract"]);
});

test("image, chart and package have the same version", () => {
  const chart = readFileSync(join(root, "deploy/helm/ovation/Chart.yaml"), "utf8");
  expect(chart).toContain(`appVersion: ${ours.version}\n`);
  const compose = readFileSync(join(import.meta.dirname, "compose.yaml"), "utf8");
  expect(compose).toContain(`image: ovation:${ours.version}\n`);
  expect(image.version).toBe(ours.version);
});
