import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LogFile, lastFault, readable } from "./log-file.ts";

const FATAL =
  '{"level":"fatal","role":"gateway","err":{"message":"EADDRINUSE"},"msg":"could not start"}';
const ERROR = '{"level":"error","error":"refused","msg":"NATS reported an error"}';
const INFO = '{"level":"info","msg":"starting"}';
const NATS_FATAL = "[17] 2026/01/31 12:00:00.000000 [FTL] Can't start JetStream: no space";

describe("log lines", () => {
  test("the last line at level error or above is the fault, with the error's own message", () => {
    expect(lastFault([ERROR, FATAL, INFO, "text"])).toBe("could not start: EADDRINUSE");
    expect(lastFault([FATAL, ERROR])).toBe("NATS reported an error: refused");
    expect(lastFault([ERROR, "FATAL ERROR: Reached heap limit", " 1: 0xb7a4e0 node::Abort"])).toBe(
      "Reached heap limit",
    );
    expect(lastFault([INFO, NATS_FATAL])).toBe("Can't start JetStream: no space");
  });

  test("there may be no fault", () => {
    expect(lastFault([])).toBeUndefined();
    expect(
      lastFault([INFO, "Error: text", "null", "60", "[1] {", '{"level":"x"}']),
    ).toBeUndefined();
  });

  test("a log line is shortened to its level and message; other text is unchanged", () => {
    expect(readable(INFO)).toBe("info: starting");
    expect(readable(FATAL)).toBe("fatal: could not start: EADDRINUSE");
    expect(readable(NATS_FATAL)).toBe("fatal: Can't start JetStream: no space");
    for (const text of ["Node.js v22", "{broken", "null"]) expect(readable(text)).toBe(text);
  });
});

describe("the file", () => {
  let directory = "";
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "ovation-log-test-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  test("returns the complete lines written after a given size, at most the last 16 KiB", () => {
    const log = new LogFile(join(directory, "deep"), "gateway-1");
    writeSync(log.fd, "before\n");
    const { size } = log;
    appendFileSync(log.path, "one\n\ntwo\n");
    expect(log.linesSince(size)).toEqual(["one", "two"]);
    appendFileSync(log.path, `${"x".repeat(1_000)}\n`.repeat(20));
    const lines = log.linesSince(size);
    expect(lines.length).toBeLessThan(20);
    expect(new Set(lines)).toEqual(new Set(["x".repeat(1_000)]));
    log.close();
  });

  test("starts a new file and keeps the previous one, which its reader goes on reading", () => {
    const first = new LogFile(directory, "nats");
    writeSync(first.fd, "first\n");
    const second = new LogFile(directory, "nats");
    writeSync(second.fd, "second\n");
    writeSync(first.fd, "first again\n");
    expect(readFileSync(second.path, "utf8")).toBe("second\n");
    expect(first.linesSince(0)).toEqual(["first", "first again"]);
    expect(readFileSync(join(directory, "nats.previous.log"), "utf8")).toContain("first again");
    first.close();
    second.close();
  });
});
