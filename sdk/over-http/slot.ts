/**
 * Which videos may hold a connection open. Over HTTP/1.1 a browser has six to a site, over all of its
 * tabs: those that are held leave some for publishing and polls.
 */

/** Of six. */
const HELD = 4;
/** How long a lock that is free may take. */
const FREE_WITHIN_MS = 100;

/** Held here, where tabs have no locks (https://developer.mozilla.org/docs/Web/API/Web_Locks_API). */
let heldHere = 0;

export class Slot {
  isHeld = false;
  /** Resolves when it is held, or known to be taken by others: then it may be had later. */
  readonly decided: Promise<unknown>;

  /** @param signal gives it back */
  constructor(url: string, signal: AbortSignal) {
    const { navigator, document } = globalThis as { navigator?: Navigator; document?: Document };
    const released = new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve());
    });
    this.decided = new Promise((resolve) => {
      const hold = () => {
        if (this.isHeld || signal.aborted) return undefined;
        this.isHeld = true;
        resolve(undefined);
        return released;
      };
      if (navigator?.locks === undefined) {
        // Nothing else than a browser has such a limit.
        if (document === undefined || heldHere < HELD) {
          heldHere += 1;
          void hold()?.then(() => {
            heldHere -= 1;
          });
        }
        return resolve(undefined);
      }
      // Whichever is free first; the others are given back as soon as they are had.
      for (let index = 0; index < HELD; index += 1) {
        void navigator.locks.request(`ovation ${new URL(url).origin} ${index}`, hold);
      }
      setTimeout(resolve, FREE_WITHIN_MS);
    });
  }
}
