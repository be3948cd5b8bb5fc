/** Alerts that fire for real: `npm run test:alerts`. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/alerts/*.test.ts"],
    fileParallelism: false,
    root: new URL("../..", import.meta.url).pathname,
    globalSetup: "test/support/bundle.ts",
    testTimeout: 240_000,
    hookTimeout: 120_000,
  },
});
