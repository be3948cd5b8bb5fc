/** Carries out acts, and keeps the log of them. */
import { useCallback, useReducer, useRef } from "react";
import { errorText } from "../session/api.ts";
import { type Act, type ActEntry, type ActLog, changedLog, undoable } from "./act-log.ts";

export interface Acts {
  readonly log: ActLog;
  /** Never rejects: the log says what became of it. */
  readonly run: (act: Act) => Promise<void>;
  readonly retry: (entry: ActEntry) => void;
  readonly hide: (entry: ActEntry) => void;
  /** Takes back what was done last; false if there is nothing. */
  readonly undo: () => boolean;
}

export function useActs(): Acts {
  const [log, change] = useReducer(changedLog, []);
  const count = useRef(0);
  const newest = useRef(log);
  newest.current = log;

  const run = useCallback(async (act: Act) => {
    count.current += 1;
    const id = count.current;
    change({ type: "begun", id, act });
    try {
      await act.work();
      change({ type: "done", id });
    } catch (error) {
      change({ type: "failed", id, error: errorText(error) });
    }
  }, []);
  const hide = useCallback(({ id }: ActEntry) => change({ type: "hidden", id }), []);
  const retry = useCallback(
    (entry: ActEntry) => {
      hide(entry);
      void run(entry.act);
    },
    [hide, run],
  );
  const undo = useCallback(() => {
    const entry = undoable(newest.current);
    const taking = entry?.act.undo;
    if (entry === undefined || taking === undefined) return false;
    const { id } = entry;
    change({ type: "undoing", id });
    const work = async () => {
      try {
        await taking.work();
      } catch (error) {
        change({ type: "notUndone", id });
        throw error;
      }
    };
    void run({ ...taking, work });
    return true;
  }, [run]);
  return { log, run, retry, hide, undo };
}
