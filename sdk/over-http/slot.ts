/**
 * Decides which videos may hold a connection open. Over HTTP/1.1 a browser has six per site, for all
 * of its tabs: some must stay free for publishing and polls.
 */

/** How many of the six may be held. */
const HELD = 4;
/** How long the browser may take to grant a free lock. */
const FREE_WITHIN_MS = 100;

/** Slots held by this page, where there are no locks between tabs (https://developer.mozilla.org/docs/Web/API/Web_Locks_API). */
let heldHere = 0;

export class Slot {
  isHeld = false;
  /** Resolves when the slot is held, or all are in use: then one may become free later. */
  readonly decided: Promise<unknown>;

  /** @param signal releases the slot */
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
        // Only browsers have such a limit.
        if (document === undefined || heldHere < HELD) {
          heldHere += 1;
          void hold()?.then(() => {
            heldHere -= 1;
          });
        }
        return resolve(undefined);
      }
      // Takes whichever is free first; the others are released as soon as they are granted.
      for (let index = 0; index < HELD; index += 1) {
        void navigator.locks.request(`ovation ${new URL(url).origin} ${index}`, hold);
      }
      setTimeout(resolve, FREE_WITHIN_MS);
    });
  }
}
