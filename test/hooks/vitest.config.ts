/**
 * Webhooks under load, with instances as processes that are killed: `npm run test:hooks`. Libraries of
 * Standard Webhooks come from npm and PyPI.
 */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/hooks/**/*.test.ts"],
    testTimeout: 900_000,
    hookTimeout: 300_000,
    fileParallelism: false,
  },
});
