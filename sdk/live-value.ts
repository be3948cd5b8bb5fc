/** A value that changes while it is shown. */
import { check } from "./arguments.ts";
import type { OvationError } from "./error.ts";
import { notify } from "./listeners.ts";

/**
 * A value of a video that changes: it is followed as long as it has a listener.
 *
 * @example
 * const total: LiveValue<Counts> = video.totals;
 * const off = total.onChange((totals) => show(totals.like));
 */
export interface LiveValue<T> {
  /** The newest value that is known. */
  readonly current: T;
  /**
   * Calls `listener` when the value is known, and when it changes. Returns a function that removes
   * it.
   */
  onChange(listener: (value: T) => void): () => void;
}

/** How long after a chunk could not be loaded it is tried again. */
const RETRY_MS = 5_000;

/** A value whose code is loaded when something listens to it; until then it is `initial`. */
export function loadedValue<T>(
  initial: T,
  load: () => Promise<LiveValue<T>>,
  report: (error: OvationError) => void,
): LiveValue<T> {
  let loaded: LiveValue<T> | undefined;
  return {
    get current() {
      return loaded === undefined ? initial : loaded.current;
    },
    onChange: (listener) => {
      check("listener", listener, "function");
      let off: (() => void) | undefined;
      let isOff = false;
      const start = async () => {
        try {
          loaded ??= await load();
          if (!isOff) off = loaded.onChange((value) => notify(listener, value));
        } catch (error) {
          report(error as OvationError);
          if (!isOff) setTimeout(start, RETRY_MS);
        }
      };
      void start();
      return () => {
        isOff = true;
        off?.();
      };
    },
  };
}
