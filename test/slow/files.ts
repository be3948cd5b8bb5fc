/**
 * Files that `npm test` leaves to `npm run test:slow`, so that it stays short. They tell no guarantee
 * that the others don't: they run what guides, bench and demo page show, as a whole.
 */
export const SLOW_FILES = [
  "bench/end-to-end.test.ts",
  "test/demo/flood.test.ts",
  "test/demo/ways.test.ts",
  "test/guides/moving.test.ts",
  "test/guides/operating.test.ts",
  "test/guides/pages.test.ts",
];
