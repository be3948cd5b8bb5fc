/** What this moderator does: under way, done, failed, and what of it can be undone. */

/** An act before it is carried out. */
export interface Act {
  /** While it is under way, such as “Muting troll …”. */
  readonly doing: string;
  /** Such as “Muted troll for 10 minutes”. */
  readonly done: string;
  /** Such as “troll is not muted”. */
  readonly failed: string;
  readonly work: () => Promise<void>;
  /** What takes it back; undefined where nothing can. */
  readonly undo?: Omit<Act, "undo">;
  /** What it is about, such as a comment's id: shown there while it is under way, or has failed. */
  readonly about?: string;
}

export interface ActEntry {
  readonly id: number;
  readonly act: Act;
  readonly state: "doing" | "done" | "failed";
  /** Why it failed. */
  readonly error?: string;
  /** Its undoing is under way, or done. */
  readonly isUndone: boolean;
  /** Whether it is still shown. */
  readonly isShown: boolean;
}

/** The oldest first. */
export type ActLog = readonly ActEntry[];

export type ActChange =
  | { readonly type: "begun"; readonly id: number; readonly act: Act }
  | { readonly type: "done"; readonly id: number }
  | { readonly type: "failed"; readonly id: number; readonly error: string }
  | { readonly type: "undoing"; readonly id: number }
  /** The undoing failed: it may be tried again. */
  | { readonly type: "notUndone"; readonly id: number }
  | { readonly type: "hidden"; readonly id: number };

const KEPT = 50;

export function changedLog(log: ActLog, change: ActChange): ActLog {
  if (change.type === "begun") {
    const { id, act } = change;
    return [...log, { id, act, state: "doing", isUndone: false, isShown: true } as const].slice(
      -KEPT,
    );
  }
  return log.map((entry) => (entry.id === change.id ? changedEntry(entry, change) : entry));
}

function changedEntry(entry: ActEntry, change: Exclude<ActChange, { type: "begun" }>): ActEntry {
  switch (change.type) {
    case "done":
      return { ...entry, state: "done" };
    case "failed":
      return { ...entry, state: "failed", error: change.error };
    case "undoing":
      return { ...entry, isUndone: true, isShown: false };
    case "notUndone":
      return { ...entry, isUndone: false };
    case "hidden":
      return { ...entry, isShown: false };
  }
}

/** What an undo would take back: the last act that is done and can be. */
export function undoable(log: ActLog): ActEntry | undefined {
  return log.findLast(
    ({ act, state, isUndone }) => act.undo !== undefined && state === "done" && !isUndone,
  );
}

/** What is to be said of something, such as a comment: the last act about it, unless it is done. */
export function pendingAbout(log: ActLog, about: string): ActEntry | undefined {
  const last = log.findLast(({ act }) => act.about === about);
  return last?.state === "done" || last?.isShown === false ? undefined : last;
}
