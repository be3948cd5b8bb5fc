/** The fault tests, which take minutes: `npm run test:faults`. Each sets up its own network. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/faults/*.test.ts"],
    globalSetup: "test/support/bundle.ts",
    testTimeout: 300_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
