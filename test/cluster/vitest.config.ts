/**
 * The chart with running pods: `npm run test:cluster`. It needs root, Docker with the image's
 * base images, what `install-tools.sh --pods` builds, and Debian's containerd and
 * containernetworking-plugins.
 */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/cluster/**/*.test.ts"],
    globalSetup: "test/support/bundle.ts",
    root: new URL("../..", import.meta.url).pathname,
    // By the chart's own settings, pods take a while to become ready and to stop.
    testTimeout: 400_000,
    hookTimeout: 300_000,
    fileParallelism: false,
  },
});
