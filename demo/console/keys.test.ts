/** Which key does what. */
import { expect, test } from "vitest";
import { actionOf, KEYS } from "./keys.ts";

const press = (key: string, more: object = {}) => ({
  ...{ key, ctrlKey: false, metaKey: false, altKey: false, repeat: false },
  ...more,
});
const ANYWHERE = { isTyping: false, isInList: false, hasShortcuts: true };

test("letters act wherever the focus is, but not where one types, nor with Ctrl, Alt or ⌘", () => {
  expect(actionOf(press("d"), ANYWHERE)).toBe("delete");
  expect(actionOf(press("D"), ANYWHERE)).toBe("delete");
  expect(actionOf(press("d"), { ...ANYWHERE, isTyping: true })).toBeUndefined();
  expect(actionOf(press("Escape"), { ...ANYWHERE, isTyping: true })).toBe("leave");
  for (const modifier of ["ctrlKey", "metaKey", "altKey"]) {
    expect(actionOf(press("d", { [modifier]: true }), ANYWHERE)).toBeUndefined();
  }
});

test("letters can be turned off; arrows act in lists only, so that pages scroll", () => {
  const off = { ...ANYWHERE, hasShortcuts: false };
  expect(actionOf(press("j"), off)).toBeUndefined();
  expect(actionOf(press("ArrowDown"), off)).toBeUndefined();
  expect(actionOf(press("ArrowDown"), { ...off, isInList: true })).toBe("next");
  expect(actionOf(press("Escape"), off)).toBe("leave");
});

test("a key that is held down moves on, and does nothing else", () => {
  expect(actionOf(press("j", { repeat: true }), ANYWHERE)).toBe("next");
  expect(actionOf(press("d", { repeat: true }), ANYWHERE)).toBeUndefined();
});

test("no key has two meanings", () => {
  const keys = KEYS.flatMap((one) => one.keys);
  expect(new Set(keys).size).toBe(keys.length);
});
