/**
 * Processes that tests start run the same bundle as the image. With four files at a time, most of
 * the CPU of a test run would otherwise go into loading and stripping the sources, for each process
 * again.
 */
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { bundle } from "../../deploy/docker/bundle.ts";

const FOLDER = join(import.meta.dirname, "../../.cache/bundle");

/** The program that is bundled from this source. @param source such as `gateway/main.ts` */
export function bundled(source: string): string {
  return join(FOLDER, source.replace(/\.ts$/, ".js"));
}

/** Vitest calls this before all tests, and again before it repeats some. */
export default async function setup(project: TestProject): Promise<void> {
  await bundle(FOLDER);
  project.onTestsRerun(() => bundle(FOLDER));
}
