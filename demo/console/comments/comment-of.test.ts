/** What a moderator sees of an event, whatever its data. */
import { expect, test } from "vitest";
import { authorOf, commentOf } from "./comment-of.ts";

const of = (data: unknown, actor?: string) =>
  commentOf({ id: "c", kind: "comment", at: 1, seq: 1, data, actor });

test.each([
  [{ name: "Anna", text: "hello" }, ["Anna", "hello"]],
  [{ text: "hello" }, [undefined, "hello"]],
  ["plain text", [undefined, "plain text"]],
  [{ name: " ", stars: 5 }, [undefined, '{"name":" ","stars":5}']],
  [
    [1, 2],
    [undefined, "[1,2]"],
  ],
  [undefined, [undefined, ""]],
  [null, [undefined, "null"]],
])("%j is shown as text", (data, [name, text]) => {
  expect(of(data)).toMatchObject({ name, text });
});

test("an author is shown by its name, else as its actor; a name that repeats the actor says nothing", () => {
  expect(authorOf(of({ name: "Anna", text: "x" }, "user-7"))).toBe("Anna");
  expect(of({ name: "user-7", text: "x" }, "user-7").name).toBeUndefined();
  expect(authorOf(of({ text: "x" }, "user-7"))).toBe("user-7");
  expect(authorOf(of({ text: "x" }))).toBe("Nobody known");
});
