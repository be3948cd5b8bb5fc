/** What `npm test` leaves out to stay short: `npm run test:slow`. */
import { defineConfig } from "vitest/config";
import { SLOW_FILES } from "./files.ts";

export default defineConfig({
  test: {
    include: SLOW_FILES,
    root: new URL("../..", import.meta.url).pathname,
    globalSetup: "test/support/bundle.ts",
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    maxWorkers: 2,
  },
});
