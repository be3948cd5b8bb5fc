/** The soak: `npm run test:soak`. OVATION_TEST_SOAK_MINUTES sets its length; the default is 20 minutes. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/faults/soak/*.test.ts"],
    globalSetup: "test/support/bundle.ts",
    testTimeout: 4 * 3_600_000,
    hookTimeout: 120_000,
  },
});
