/** What a moderator's acts come to, and what an undo takes back. */
import { expect, test } from "vitest";
import { type ActChange, changedLog, pendingAbout, undoable } from "./act-log.ts";

const work = async () => undefined;
const words = (name: string) => ({ doing: `${name} …`, done: name, failed: `not ${name}`, work });
const muting = { ...words("mute"), undo: words("unmute") };
const deletion = { ...words("delete"), about: "c1" };
const after = (...changes: readonly ActChange[]) => changes.reduce(changedLog, []);
const begun = (id: number, act: typeof muting | typeof deletion): ActChange => ({
  ...{ type: "begun", id, act },
});
const done = (id: number): ActChange => ({ type: "done", id });

test("an undo takes back the last act that is done and can be, then the one before it", () => {
  const log = after(
    begun(1, muting),
    done(1),
    begun(2, muting),
    done(2),
    begun(3, deletion),
    done(3),
  );
  expect(undoable(log)?.id).toBe(2);
  const undone = changedLog(log, { type: "undoing", id: 2 });
  expect(undoable(undone)?.id).toBe(1);
  // It is not lost when the undoing fails.
  expect(undoable(changedLog(undone, { type: "notUndone", id: 2 }))?.id).toBe(2);
});

test("nothing is undone that is under way, or has failed", () => {
  const log = after(begun(1, muting), begun(2, muting), { type: "failed", id: 2, error: "why" });
  expect(undoable(log)).toBeUndefined();
});

test("an act stays undoable when it is no longer shown", () => {
  expect(undoable(after(begun(1, muting), done(1), { type: "hidden", id: 1 }))?.id).toBe(1);
});

test("a comment shows what is under way with it, and what failed until that is dismissed", () => {
  const log = after(begun(1, deletion));
  expect(pendingAbout(log, "c1")?.state).toBe("doing");
  expect(pendingAbout(log, "c2")).toBeUndefined();
  const failed = changedLog(log, { type: "failed", id: 1, error: "why" });
  expect(pendingAbout(failed, "c1")?.error).toBe("why");
  expect(pendingAbout(changedLog(failed, { type: "hidden", id: 1 }), "c1")).toBeUndefined();
  expect(pendingAbout(changedLog(log, done(1)), "c1")).toBeUndefined();
});

test("the log is bounded", () => {
  const all = Array.from({ length: 200 }, (_, id) => begun(id, muting));
  expect(after(...all).length).toBe(50);
});
