/** Builds the image from this tree before any of its tests, so that none runs on an older one. */
import { join } from "node:path";
import { docker } from "./docker.ts";

export const IMAGE = "ovation:0.1.0";

export default async function buildImage(): Promise<void> {
  const root = join(import.meta.dirname, "../..");
  await docker("build", "--file", join(root, "deploy/docker/Dockerfile"), "--tag", IMAGE, root);
}
