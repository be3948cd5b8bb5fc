/** The image: built, saved, loaded from its file and run. */
import { createReadStream, createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { COMMANDS } from "../../cli/commands.ts";
import { type Outcome, type Release, run, works } from "./release.ts";

export const imageOf = (version: string) => `ovation:${version}`;

export async function releaseImage({ version, folder }: Release): Promise<Outcome> {
  if (!works("docker", "info")) return { missing: "docker (or its engine)" };
  const image = imageOf(version);
  await run("docker", ["build", "--file", "deploy/docker/Dockerfile", "--tag", image, "."]);
  const file = `ovation-image-${version}.tar.gz`;
  const tar = join(folder, `ovation-image-${version}.tar`);
  await run("docker", ["save", "--output", tar, image]);
  await pipeline(createReadStream(tar), createGzip(), createWriteStream(join(folder, file)));
  await rm(tar);
  await check(join(folder, file), image, version);
  return {
    files: [file],
    checked: `loaded from the file: version ${version}, ${COMMANDS.length} commands, health`,
    publish: `docker tag ${image} YOUR-REPOSITORY:${version} && docker push YOUR-REPOSITORY:${version}`,
  };
}

/** @throws Error that says what does not work in the image */
async function check(file: string, image: string, version: string): Promise<void> {
  await run("docker", ["load", "--input", file]);
  const hardened = ["--read-only", "--cap-drop", "ALL", "--network", "none"];
  const once = (...args: string[]) => run("docker", ["run", "--rm", ...hardened, image, ...args]);
  const stated = (await once("--version")).trim();
  if (stated !== version) throw new Error(`the image states version ${stated}, not ${version}`);
  for (const { name } of COMMANDS) await once(name, "--help");
  // Without NATS, a role is alive and waits.
  const started = await run("docker", ["run", "--detach", ...hardened, image, "dispatcher"]);
  const container = started.trim();
  try {
    const health = ["exec", container, "node", "/app/deploy/docker/healthcheck.js"];
    const deadline = Date.now() + 60_000;
    while (!works("docker", ...health)) {
      if (Date.now() > deadline) throw new Error(await run("docker", ["logs", container]));
    }
  } finally {
    await run("docker", ["rm", "--force", container]);
  }
}
