/** A real HLS stream in a real browser: `npm run test:playhead`. It needs ffmpeg and Chromium. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/playhead/**/*.test.ts"],
    root: new URL("../..", import.meta.url).pathname,
    testTimeout: 180_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
