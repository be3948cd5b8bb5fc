/**
 * Holds what a component shows, and tells React of changes once an animation frame at most, however
 * much has come meanwhile.
 */

/** What `useSyncExternalStore` reads. */
export interface FrameStore<T> {
  subscribe(onChange: () => void): () => void;
  getSnapshot(): T;
  /** The same on a server and while its page is hydrated: what is there before anything has come. */
  getServerSnapshot(): T;
}

/** What a source does with the values that it makes. */
export type Feed<T> = (next: (value: T) => T) => void;

/** A frame when the page is drawn; where nothing is drawn, about as often. */
function requestFrame(callback: () => void): () => void {
  if (typeof globalThis.requestAnimationFrame !== "function") {
    const timer = setTimeout(callback, 16);
    return () => clearTimeout(timer);
  }
  const frame = globalThis.requestAnimationFrame(callback);
  return () => globalThis.cancelAnimationFrame(frame);
}

/**
 * @param initial what is shown before anything has come, on a server too
 * @param start listens and feeds what comes, until the function that it returns is called; is given
 * what was there when it was ended before
 * @param drawn what the value is after it was shown: the same, unless a part of it is about one frame
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
