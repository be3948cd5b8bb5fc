/** The chart: packed, and rendered from its package in an empty folder. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Outcome, type Release, ROOT, run, works } from "./release.ts";

/** That of the tests (test/chart/install-tools.sh), where the machine has none. */
const TEST_HELM = join(ROOT, ".cache/kubernetes/helm");
/** The version that Helm renders for without a server. */
const KUBE_VERSION = "1.34.0";

export async function releaseChart({ version, folder }: Release): Promise<Outcome> {
  const helm = existsSync(TEST_HELM) ? TEST_HELM : "helm";
  if (!works(helm, "version")) return { missing: "helm" };
  const chart = join(ROOT, "deploy/helm/ovation");
  await run(helm, ["package", chart, "--destination", folder]);
  const file = `ovation-${version}.tgz`;
  const empty = await mkdtemp(join(tmpdir(), "ovation-release-"));
  try {
    await run(helm, ["lint", "--strict", join(folder, file)], empty);
    const args = ["template", "live", join(folder, file), "--kube-version", KUBE_VERSION];
    const manifests = await run(helm, args, empty);
    const images = new Set(manifests.match(/(?<=image: ")ovation:[^"]+/g));
    if ([...images].join() !== `ovation:${version}`) {
      throw new Error(`${file} names the images ${[...images]}, not ovation:${version}`);
    }
  } finally {
    await rm(empty, { recursive: true, force: true });
  }
  return {
    files: [file],
    checked: "linted and rendered from the package, with the image of this version",
    publish: `helm push ${join(folder, file)} oci://YOUR-REGISTRY/charts`,
  };
}
