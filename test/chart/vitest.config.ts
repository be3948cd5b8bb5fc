/** The chart's tests: `npm run test:chart`. install-tools.sh gets what they need. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/chart/**/*.test.ts"],
    root: new URL("../..", import.meta.url).pathname,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
