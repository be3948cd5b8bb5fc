/**
 * Files that `npm test` leaves to `npm run test:slow`, so that it stays short: what guides, bench and
 * demo page show, as a whole; long runs under load, of which `npm test` has the parts one by one; and
 * the sizing model and memory, measured; failures of each code, and of a log's reader; and the SDK
 * behind proxies that buffer, and in many tabs: each takes its time.
 */
export const SLOW_FILES = [
  "bench/end-to-end.test.ts",
  "test/demo/flood.test.ts",
  "test/demo/ways.test.ts",
  "test/guides/moving.test.ts",
  "test/guides/operating.test.ts",
  "test/guides/pages.test.ts",
  "test/integration/comments-under-fire.test.ts",
  "test/integration/thousand-viewers.test.ts",
  "test/local/bus-stalled-link.test.ts",
  "test/local/crash.test.ts",
  "test/local/failures-counted.test.ts",
  "test/local/limits/overload-order.test.ts",
  "test/local/sizing.test.ts",
  "test/local/tracing/away.test.ts",
  "test/memory/kept-bytes.test.ts",
  "test/sdk/buffered.test.ts",
  "test/sdk/tabs.test.ts",
];
