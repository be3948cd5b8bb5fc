import { TEST_KINDS } from "./kinds.ts";

/**
 * Limits that no test hits by accident: one publisher here does the work of many viewers. Tests of the
 * limits set their own.
 */
const RATES = {
  requestsPerSecond: 10_000,
  clientMessagesPerSecond: 100_000,
  newVideosPerSecond: 10_000,
  connectionPublishesPerSecond: 10_000,
  likesPerSecond: 10_000,
  deletesPerSecond: 10_000,
  addressPublishesPerSecond: 1_000_000,
  httpRequestsPerSecond: 10_000,
  requestBytesPerSecond: 100_000_000,
  historyBytesPerSecond: 100_000_000,
  viewerBodyLimitBytes: 1_048_576,
  clientSharePercent: 100,
} as const;

/** A busy machine is late without being overloaded. */
const PATIENCE = { overloadDelayMs: 60_000 };

/** Many tests write a host that doesn't exist. */
const ANY_HOST = "*";

export const ROOMY_GATEWAY = {
  kinds: TEST_KINDS,
  ...RATES,
  allowedHosts: [ANY_HOST],
  ...PATIENCE,
  requestTimeoutMs: 20_000,
  // Tests of reports set their own share.
  viewerReportsOneIn: 0,
  // A viewer that a test stalls must not count as gone, however long the test takes.
  idleTimeoutMs: 300_000,
} as const;
export const ROOMY_DISPATCHER = { kinds: TEST_KINDS, ...PATIENCE, storeTimeoutMs: 15_000 } as const;

/** The rates and hosts for a gateway process. */
export const ROOMY_FLAGS: readonly string[] = [
  `--requests-per-second=${RATES.requestsPerSecond}`,
  `--client-messages-per-second=${RATES.clientMessagesPerSecond}`,
  `--new-videos-per-second=${RATES.newVideosPerSecond}`,
  `--connection-publishes-per-second=${RATES.connectionPublishesPerSecond}`,
  `--likes-per-second=${RATES.likesPerSecond}`,
  `--address-publishes-per-second=${RATES.addressPublishesPerSecond}`,
  `--http-requests-per-second=${RATES.httpRequestsPerSecond}`,
  `--request-bytes-per-second=${RATES.requestBytesPerSecond}`,
  `--history-bytes-per-second=${RATES.historyBytesPerSecond}`,
  `--viewer-body-limit-bytes=${RATES.viewerBodyLimitBytes}`,
  `--client-share-percent=${RATES.clientSharePercent}`,
  `--allowed-hosts=${ANY_HOST}`,
];
