/**
 * Holds what a component shows, and notifies React of changes at most once per animation frame,
 * however many values arrived meanwhile.
 */

/** What `useSyncExternalStore` reads. */
export interface FrameStore<T> {
  subscribe(onChange: () => void): () => void;
  getSnapshot(): T;
  /** The initial value: the same on a server and while its page is hydrated. */
  getServerSnapshot(): T;
}

/** Updates the value of a store. */
export type Feed<T> = (next: (value: T) => T) => void;

/** Requests an animation frame; where there are none, a timer of about that length. */
function requestFrame(callback: () => void): () => void {
  if (typeof globalThis.requestAnimationFrame !== "function") {
    const timer = setTimeout(callback, 16);
    return () => clearTimeout(timer);
  }
  const frame = globalThis.requestAnimationFrame(callback);
  return () => globalThis.cancelAnimationFrame(frame);
}

/**
 * @param initial the value before anything has arrived, on a server too
 * @param start listens and feeds the store until the function that it returns is called; gets the
 * value from when it last stopped
 * @param drawn the value after it was shown: the same, unless a part of it is about one frame
 */
export function frameStore<T>(
  initial: T,
  start: (feed: Feed<T>, before: T) => () => void,
  drawn: (value: T) => T = (value) => value,
): FrameStore<T> {
  let shown = initial;
  let pending = initial;
  const listeners = new Set<() => void>();
  let cancelFrame: (() => void) | undefined;
  let stop: (() => void) | undefined;

  const show = () => {
    cancelFrame = undefined;
    shown = pending;
    pending = drawn(pending);
    for (const listener of [...listeners]) listener();
  };
  const feed: Feed<T> = (next) => {
    pending = next(pending);
    cancelFrame ??= requestFrame(show);
  };
  return {
    getSnapshot: () => shown,
    getServerSnapshot: () => initial,
    subscribe: (onChange) => {
      listeners.add(onChange);
      stop ??= start(feed, pending);
      return () => {
        listeners.delete(onChange);
        if (listeners.size > 0) return;
        stop?.();
        cancelFrame?.();
        stop = cancelFrame = undefined;
      };
    },
  };
}
