/** Requests made up from the OpenAPI document: `npm run test:openapi`. Schemathesis comes from PyPI. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/openapi/**/*.test.ts"],
    testTimeout: 900_000,
    hookTimeout: 300_000,
  },
});
