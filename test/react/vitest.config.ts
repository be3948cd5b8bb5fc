/** The packed client in Vite, Next.js and Jest projects: `npm run test:react`. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/react/**/*.test.ts"],
    exclude: ["**/node_modules/**"],
    root: new URL("../..", import.meta.url).pathname,
    testTimeout: 300_000,
    hookTimeout: 600_000,
    fileParallelism: false,
  },
});
