/** What can be started can be stopped: the contract of every long-lived part. */
export interface Component {
  /** Does the I/O that the constructor does not. Called once. */
  start(): Promise<void>;
  /** Takes nothing new, and finishes what it has within its bound. Safe to call twice. */
  drain(): Promise<void>;
  /** Lets go of every socket, timer and subscription. Safe to call twice, with or without drain. */
  stop(): Promise<void>;
  /** Reads again, on SIGHUP, what can change while it runs. */
  reload?(): void;
}

/** Wall clock in milliseconds since 1970, for what is shown. */
export type WallClock = () => number;
/** Monotonic clock in milliseconds, for what is timed. */
export type MonotonicClock = () => number;

export const monotonicNow: MonotonicClock = () => performance.now();
