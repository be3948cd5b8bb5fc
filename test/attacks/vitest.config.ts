/** Every attack, on the oldest and the current nats-server that this machine has: `npm run test:attacks`. */
import { defineConfig } from "vitest/config";
import { attackProjects } from "../support/attack-projects.ts";

export default defineConfig(async () => ({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    globalSetup: "test/support/bundle.ts",
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: await attackProjects(),
  },
}));
