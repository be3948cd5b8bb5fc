import { describe, expect, test } from "vitest";
import { errorKinds } from "../shared/protocol/errors.ts";
import { isPassing, isTokenCode, mayBeTaken } from "./error.ts";

describe("what is worth a repeat", () => {
  test.each(Object.entries(errorKinds))("%s is told as the table of errors does", (code, kind) => {
    expect(isPassing(code)).toBe(kind.retry !== "no");
    expect(mayBeTaken(code)).toBe(kind.retry === "same-id");
  });

  test("a code that we don't know is not", () => {
    expect(isPassing("too_modern")).toBe(false);
  });
});

test("a token that can't be had is not one that was refused", () => {
  expect(isTokenCode("token_expired")).toBe(true);
  expect(isTokenCode("token_unavailable")).toBe(false);
});
