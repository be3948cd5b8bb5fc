/** The shell's convention: 128 plus the signal's number. */
const EXIT_CODES = { SIGTERM: 143, SIGINT: 130 } as const;

/**
 * Ends the process on a signal that arrives before the command listens for it. As process 1 of a
 * container it would otherwise ignore the signal and be killed only after the grace period.
 * Once the command listens, it alone decides.
 */
export function endOnEarlySignals(): void {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    // Never removed: without it, Node would stop listening for the signal at all.
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(EXIT_CODES[signal]);
    });
  }
}
