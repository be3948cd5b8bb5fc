/** Whether single letters act: this browser remembers it. */
import { useState } from "react";

const KEY = "ovation-console-letters";
const OFF = "off";

function kept(): boolean {
  try {
    return localStorage.getItem(KEY) !== OFF;
  } catch {
    return true;
  }
}

export function useShortcuts(): readonly [boolean, (hasShortcuts: boolean) => void] {
  const [hasShortcuts, set] = useState(kept);
  const keep = (wanted: boolean) => {
    set(wanted);
    try {
      if (wanted) localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, OFF);
    } catch {
      // The browser has no storage: it is so until the page is closed.
    }
  };
  return [hasShortcuts, keep];
}
