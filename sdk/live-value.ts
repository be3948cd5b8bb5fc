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

/**
 * Starts what needs a chunk once that is loaded; while it can't be loaded, tries again.
 * @returns what ends it
 */
export function whenLoaded<T>(
  load: () => Promise<T>,
  start: (loaded: T) => () => void,
  report: (error: OvationError) => void,
): () => void {
  let off: (() => void) | undefined;
  let isOff = false;
  const begin = async () => {
    try {
      const loaded = await load();
      if (!isOff) off = start(loaded);
    } catch (error) {
      report(error as OvationError);
      if (!isOff) setTimeout(begin, RETRY_MS);
    }
  };
  void begin();
  return () => {
    isOff = true;
    off?.();
  };
}

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
      return whenLoaded(
        async () => {
          loaded ??= await load();
          return loaded;
        },
        (value) => value.onChange((next) => notify(listener, next)),
        report,
      );
    },
  };
}
