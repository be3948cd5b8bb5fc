/** The attacks, one project for each kind of nats-server that they run on. */
import type { TestProjectInlineConfiguration } from "vitest/config";
import { kindsToTest } from "./integration-projects.ts";
import { natsKinds } from "./nats-kind.ts";

export async function attackProjects(): Promise<TestProjectInlineConfiguration[]> {
  // The server in a container is the current one.
  const kinds = await kindsToTest(natsKinds.filter((kind) => kind !== "container"));
  return kinds.map((kind) => ({
    extends: true,
    test: {
      name: `attacks-${kind}`,
      include: ["test/attacks/**/*.test.ts"],
      env: { OVATION_TEST_NATS: kind },
      fileParallelism: false,
    },
  }));
}
