import { describe, expect, test } from "vitest";
import { errorKinds } from "../shared/protocol/errors.ts";
import { isRetryable, isTokenCode, mayBeAccepted } from "./error.ts";

describe("a code's retry", () => {
  test.each(Object.entries(errorKinds))("%s agrees with the table of errors", (code, kind) => {
    expect(isRetryable(code)).toBe(kind.retry !== "no");
    expect(mayBeAccepted(code)).toBe(kind.retry === "same-id");
  });

  test("an unknown code is not retried", () => {
    expect(isRetryable("too_modern")).toBe(false);
  });
});

test("an unavailable token does not count as a refused one", () => {
  expect(isTokenCode("token_expired")).toBe(true);
  expect(isTokenCode("token_unavailable")).toBe(false);
});
