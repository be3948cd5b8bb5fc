/** The contract of every long-lived part: what can be started can be stopped. */
export interface Component {
  /** Does the I/O that the constructor does not. Called once. */
  start(): Promise<void>;
  /** Takes no new work, and finishes what it has within a time limit. Safe to call twice. */
  drain(): Promise<void>;
  /** Releases every socket, timer and subscription. Safe to call twice, with or without drain. */
  stop(): Promise<void>;
  /** Resolves, with the reason, when somebody who may asks that it ends. */
  readonly stopRequested?: Promise<string>;
  /** On SIGHUP: reloads what can change at run time. */
  reload?(): void;
}

/** Wall clock in milliseconds since 1970, for times that are shown. */
export type WallClock = () => number;
/** Monotonic clock in milliseconds, for durations. */
export type MonotonicClock = () => number;

export const monotonicNow: MonotonicClock = () => performance.now();
