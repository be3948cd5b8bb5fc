/** Every integration test on every kind of nats-server that this machine has: `npm run test:nats`. */
import { defineConfig } from "vitest/config";
import { integrationProjects } from "../support/integration-projects.ts";

export default defineConfig(async () => ({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    globalSetup: "test/support/bundle.ts",
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Each file starts servers of its own.
    fileParallelism: false,
    projects: await integrationProjects(true),
  },
}));
