/** A component's own store, made anew when what it is about changes. */
import { useMemo, useSyncExternalStore } from "react";
import type { FrameStore } from "./frame-store.ts";

/** @param about what `make` depends on: a change makes another store */
export function useFrameStore<T>(make: () => FrameStore<T>, about: readonly unknown[]): T {
  // biome-ignore lint/correctness/useExhaustiveDependencies: what it depends on is the caller's to say
  const store = useMemo(make, about);
  return useSyncExternalStore(store.subscribe, store.getSnapshot, store.getServerSnapshot);
}
