/** Signals to processes that may end at any moment. */

/**
 * Signals a process, or a group if the id is negative. Does nothing when it has ended.
 * @throws Error of the system, such as `EPERM`
 */
export function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
