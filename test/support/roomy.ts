/**
 * Limits that no test hits by accident: one publisher here does the work of many viewers. Tests of the
 * limits set their own.
 */
export const ROOMY = {
  requestsPerSecond: 10_000,
  connectionPublishesPerSecond: 10_000,
  likesPerSecond: 10_000,
  addressPublishesPerSecond: 1_000_000,
  httpRequestsPerSecond: 10_000,
  requestBytesPerSecond: 100_000_000,
  historyBytesPerSecond: 100_000_000,
  viewerBodyLimitBytes: 1_048_576,
  clientSharePercent: 100,
} as const;

/** The same for a gateway process. */
export const ROOMY_FLAGS: readonly string[] = [
  `--requests-per-second=${ROOMY.requestsPerSecond}`,
  `--connection-publishes-per-second=${ROOMY.connectionPublishesPerSecond}`,
  `--likes-per-second=${ROOMY.likesPerSecond}`,
  `--address-publishes-per-second=${ROOMY.addressPublishesPerSecond}`,
  `--http-requests-per-second=${ROOMY.httpRequestsPerSecond}`,
  `--request-bytes-per-second=${ROOMY.requestBytesPerSecond}`,
  `--history-bytes-per-second=${ROOMY.historyBytesPerSecond}`,
  `--viewer-body-limit-bytes=${ROOMY.viewerBodyLimitBytes}`,
  `--client-share-percent=${ROOMY.clientSharePercent}`,
];
