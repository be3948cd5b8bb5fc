/** Clients in other languages: `npm run test:clients`. They are built first, into `.cache/clients`. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/clients/**/*.test.ts"],
    testTimeout: 120_000,
    // The first build fetches and compiles the programs' dependencies.
    hookTimeout: 900_000,
    fileParallelism: false,
  },
});
