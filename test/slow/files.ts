/**
 * Files that `npm test` leaves to `npm run test:slow`, so that it stays short: what guides, bench and
 * demo page show, as a whole; long runs under load, of which `npm test` has the parts one by one; the
 * sizing model and memory, measured; failures of each code; and what takes its time, such as readers
 * that are slow for a while, drains, and what is built, packed or compared with other settings.
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
  "test/local/filters.test.ts",
  "test/local/flood.test.ts",
  "test/local/limits/overload-order.test.ts",
  "test/local/nats-went-first.test.ts",
  "test/local/review.test.ts",
  "test/local/settings-differ.test.ts",
  "test/local/sizing.test.ts",
  "test/local/tracing/away.test.ts",
  "test/local/tracing/off.test.ts",
  "test/memory/kept-bytes.test.ts",
  "test/sdk/buffered.test.ts",
  "test/sdk/drain.test.ts",
  "test/sdk/package.test.ts",
  "test/sdk/playhead.test.ts",
  "test/sdk/reachability-browser.test.ts",
  "test/sdk/reports.test.ts",
  "test/sdk/short-lives.test.ts",
  "test/sdk/tabs.test.ts",
];
