/** The image's tests: `npm run test:image`. They need Docker and the base images. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/image/**/*.test.ts"],
    root: new URL("../..", import.meta.url).pathname,
    globalSetup: "test/image/build-image.ts",
    testTimeout: 300_000,
    hookTimeout: 600_000,
    fileParallelism: false,
  },
});
