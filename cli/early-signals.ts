/** As the shell has it: 128 and the signal's number. */
const EXIT_CODES = { SIGTERM: 143, SIGINT: 130 } as const;

/**
 * Ends the process on a signal that comes before the command listens for it. As process 1 of a
 * container it would otherwise not notice, and be killed only when the grace period is over.
 * Once the command listens, it alone decides.
 */
export function endOnEarlySignals(): void {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    // It stays for good: were it taken away, Node would stop listening for the signal at all.
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(EXIT_CODES[signal]);
    });
  }
}
