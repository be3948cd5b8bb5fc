/** What programs that judge manifests say of the chart's: kubeconform and kube-score. */
import { spawnSync } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CASES } from "./cases.ts";
import { DEFINITION_FILES } from "./support/definitions.ts";
import { template, type Values } from "./support/helm.ts";
import { SCHEMA_NAME, writeSchemas } from "./support/schemas.ts";
import { hasTools, tool } from "./support/tools.ts";

const canJudge = hasTools(
  "what kubeconform and kube-score say",
  ...["helm", "kubeconform", "kube-score", "swagger.json", ...DEFINITION_FILES],
);

/** A throttled event loop is late for everybody. */
const NO_CPU_LIMIT = "--ignore-container-cpu-limit";
/** Other advice that the chart doesn't follow, and why. */
const NOT_FOLLOWED = {
  "container-image-pull-policy": "a tag is never used twice, and image.digest is stricter",
  "container-ephemeral-storage-request-and-limit": "nothing is written but logs, which rotate",
  "deployment-has-host-podantiaffinity": "topologySpread does it, by zones too",
  "statefulset-has-host-podantiaffinity": "topologySpread does it, by zones too",
};

const WRONG = { "gateway.podSecurityContext": { runAsUsr: 1 } };

function manifests(values: Values): string {
  const { ok, stdout, stderr } = template(values);
  if (!ok) throw new Error(stderr);
  return stdout;
}

describe.skipIf(!canJudge)("for kubeconform, the manifests", () => {
  let folder: string;
  let report: string;

  // All at once: it reads the schemas for longer than it checks.
  beforeAll(async () => {
    folder = await writeSchemas();
    for (const [name, values] of [...Object.entries(CASES), ["wrong", WRONG] as const]) {
      await writeFile(join(folder, `${name}.yaml`), manifests(values));
    }
    const files = [...Object.keys(CASES), "wrong"].map((name) => join(folder, `${name}.yaml`));
    const args = ["-strict", "-schema-location", join(folder, SCHEMA_NAME), ...files];
    const { stdout, error } = spawnSync(tool("kubeconform"), args, { encoding: "utf8" });
    if (error) throw error;
    report = stdout;
  });
  afterAll(async () => {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });
  const about = (name: string) =>
    report.split("\n").filter((line) => line.includes(`/${name}.yaml`));

  test.each(Object.keys(CASES))("of %s are valid", (name) => {
    expect(about(name)).toEqual([]);
  });

  test("with a misspelled field are not", () => {
    expect(about("wrong").join()).toMatch(/Deployment ovation-gateway is invalid.*runAsUsr/);
  });
});

describe.skipIf(!canJudge)("for kube-score, the manifests", () => {
  test.each(["default", "example-prometheus-operator", "example-nats-tls", "example-large"])(
    "of %s are as it advises",
    (name) => {
      const ignored = Object.keys(NOT_FOLLOWED).flatMap((one) => ["--ignore-test", one]);
      const args = ["score", "--output-format", "ci", "--kubernetes-version", "v1.34", ...ignored];
      const { stdout } = spawnSync(tool("kube-score"), [...args, NO_CPU_LIMIT, "-"], {
        input: manifests(CASES[name] ?? {}),
        encoding: "utf8",
      });
      const lines = stdout.split("\n");
      expect(lines.filter((line) => line.startsWith("[OK]")).length).toBeGreaterThan(50);
      expect(lines.filter((line) => /^\[(?:CRITICAL|WARNING)\]/.test(line))).toEqual([]);
    },
  );
});
