/** Real proxies in front of real gateways: `npm run test:proxies`. They need what install-tools.sh installs. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/proxies/**/*.test.ts"],
    root: new URL("../..", import.meta.url).pathname,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
