/** The programs of docs/backends.md: `npm run test:backends`. Their libraries are fetched into `.cache/backends`. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/backends/*.test.ts"],
    root: new URL("../..", import.meta.url).pathname,
    testTimeout: 120_000,
    // The first build fetches and compiles what the programs use.
    hookTimeout: 600_000,
    fileParallelism: false,
  },
});
