/** How this browser voted, for when the page is loaded again: the client knows it only until then. */
import type { Poll } from "ovation-client";
import { useEffect, useState } from "react";

const KEY = "ovation-vote";

/** A poll that is created again under its name is another one. */
const signOf = (name: string, { createdAt }: Poll) => `${name} ${createdAt}`;

function storedChoice(sign: string): number | undefined {
  try {
    const { of, choice } = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Record<string, unknown>;
    return of === sign && typeof choice === "number" ? choice : undefined;
  } catch {
    return undefined;
  }
}

function store(sign: string, choice: number | undefined): void {
  try {
    if (choice === undefined) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, JSON.stringify({ of: sign, choice }));
  } catch {
    // The browser has no storage.
  }
}

/** The choice that this browser voted for, now or on an earlier visit. */
export function useOwnVote(name: string, poll: Poll | undefined): number | undefined {
  const sign = poll === undefined ? "" : signOf(name, poll);
  const own = poll?.own;
  const [shown, setShown] = useState<{ readonly sign: string; readonly own: number }>();
  const isTakenBack = own === undefined && shown?.sign === sign;
  useEffect(() => {
    if (sign === "") return;
    if (own !== undefined) {
      store(sign, own);
      setShown({ sign, own });
    } else if (isTakenBack) {
      // It was refused.
      store(sign, undefined);
      setShown(undefined);
    }
  }, [sign, own, isTakenBack]);
  return own ?? (isTakenBack ? undefined : storedChoice(sign));
}
