import { readFileSync } from "node:fs";
import { STATUS_CODES } from "node:http";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { closeCodes } from "./close-codes.ts";
import { asOvationError, type ErrorCode, errorKinds, isErrorCode, OvationError } from "./errors.ts";
import { closeCodeTable, errorTable } from "./tables.ts";

const CODES = Object.keys(errorKinds).filter(isErrorCode);
const page = readFileSync(join(import.meta.dirname, "../../docs/protocol.md"), "utf8");

describe.each(CODES)("the error %s", (code) => {
  const { kind } = new OvationError(code);

  test("has a name of lower-case words", () => {
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(kind.meaning).toMatch(/^[A-Z`].*\.$/);
  });

  test("has an HTTP status that exists and says whose fault it is", () => {
    expect(STATUS_CODES).toHaveProperty(String(kind.status));
    expect(kind.status).toBeGreaterThanOrEqual(400);
    // Only a request that is itself wrong must not be repeated.
    if (kind.retry === "no") expect(kind.status).toBeLessThan(500);
    if (kind.status >= 500) expect(kind.retry).not.toBe("no");
  });

  test("closes, if at all, with a code that exists and says not to connect again", () => {
    if (kind.close === undefined) return expect(kind).not.toHaveProperty("close");
    expect(closeCodes[kind.close].reconnect).toBe(false);
  });

  test("is in docs/protocol.md as the code has it", () => {
    const row = errorTable()
      .split("\n")
      .find((line) => line.includes(`\`${code}\``));
    expect(row).toBeDefined();
    expect(page).toContain(row);
  });
});

describe("close codes", () => {
  test("have codes and reasons with one meaning each, in the ranges open to applications", () => {
    const codes = Object.values(closeCodes).map(({ code }) => code);
    const reasons = Object.values(closeCodes).map(({ reason }) => reason);
    expect(new Set(reasons).size).toBe(reasons.length);
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of codes) expect([1011, 1012, 1013].includes(code) || code >= 4000).toBe(true);
    for (const code of codes) expect(code).toBeLessThan(5000);
  });

  test("say by their range whether to connect again", () => {
    for (const { code, reconnect } of Object.values(closeCodes)) {
      expect(reconnect).toBe(code < 4400 || code > 4499);
    }
  });

  test("have reasons that a close frame can hold", () => {
    for (const { reason } of Object.values(closeCodes)) expect(reason.length).toBeLessThan(124);
  });

  test("are in docs/protocol.md as the code has them", () => {
    expect(page).toContain(closeCodeTable());
  });
});

describe("what a caller gets", () => {
  test("is code and message, with field and limit only where there is one", () => {
    expect(new OvationError("not_found").body()).toEqual({
      code: "not_found",
      message: errorKinds.not_found.meaning,
    });
    const detail = { field: "data", limit: 64 };
    expect(new OvationError("data_too_large", "too much", detail).body()).toEqual({
      code: "data_too_large",
      message: "too much",
      ...detail,
    });
  });

  test("for an unforeseen error is only `internal`; its cause is kept for the log", () => {
    const cause = new Error("password is hunter2");
    const error = asOvationError(cause);
    expect(error.code).toBe("internal");
    expect(JSON.stringify(error.body())).not.toContain("hunter2");
    expect(error.cause).toBe(cause);
  });

  test("for an error of ours is that error", () => {
    const error = new OvationError("timeout");
    expect(asOvationError(error)).toBe(error);
  });
});

test("a code from elsewhere is accepted only if it is in the table", () => {
  const known: ErrorCode = "timeout";
  expect(isErrorCode(known)).toBe(true);
  for (const text of ["toString", "__proto__", "", 404, undefined]) {
    expect(isErrorCode(text)).toBe(false);
  }
});
