/** The applications of examples/, installed and built as their READMEs say: `npm run test:examples`. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/examples/*.test.ts"],
    root: new URL("../..", import.meta.url).pathname,
    testTimeout: 300_000,
    hookTimeout: 600_000,
    fileParallelism: false,
  },
});
