/** A component's own store, replaced when its dependencies change. */
import { useMemo, useSyncExternalStore } from "react";
import type { FrameStore } from "./frame-store.ts";

/** @param dependencies what `make` depends on: a change makes another store */
export function useFrameStore<T>(make: () => FrameStore<T>, dependencies: readonly unknown[]): T {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the caller passes the dependencies
  const store = useMemo(make, dependencies);
  return useSyncExternalStore(store.subscribe, store.getSnapshot, store.getServerSnapshot);
}
