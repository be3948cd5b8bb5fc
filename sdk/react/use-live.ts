/** A live value as a hook. */
import type { LiveValue } from "../live-value.ts";
import { frameStore } from "./frame-store.ts";
import { useFrameStore } from "./use-frame-store.ts";

/** @param dependencies what `value` depends on */
export function useLive<T>(value: LiveValue<T>, initial: T, dependencies: readonly unknown[]): T {
  return useFrameStore(
    () => frameStore(initial, (feed) => value.onChange((next) => feed(() => next))),
    dependencies,
  );
}
