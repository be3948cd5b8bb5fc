import pino from "pino";
import { expect, test } from "vitest";
import { OvationError } from "../../shared/protocol/errors.ts";
import { Replies } from "./replies.ts";

const TRACE = { traceId: "a".repeat(32), spanId: "b".repeat(16), isSampled: true, state: "" };

/** Replies that go nowhere, and what they write to the log. */
function unsentReplies(): { readonly replies: Replies; readonly lines: () => object[] } {
  const written: string[] = [];
  const log = pino({}, { write: (line: string) => written.push(line) });
  const replies = new Replies({ log, bus: { publish: () => true } });
  return { replies, lines: () => written.map((line) => JSON.parse(line)) };
}

test("a request that fails with an internal error is logged, with its trace", async () => {
  const { replies, lines } = unsentReplies();
  replies.refuse("json", "", new Error("at once"), TRACE);
  replies.later("json", "", Promise.reject(new Error("later")), TRACE);
  await replies.drain();
  expect(lines()).toMatchObject([
    { msg: "request failed", traceId: TRACE.traceId, err: { message: "at once" } },
    { msg: "request failed", traceId: TRACE.traceId, err: { message: "later" } },
  ]);
});

test("without a trace the log names none, and a request refused for its own error isn't logged", () => {
  const { replies, lines } = unsentReplies();
  replies.refuse("json", "", new Error("at once"));
  expect(lines()).toHaveLength(1);
  expect(lines()[0]).not.toHaveProperty("traceId");
  replies.refuse("json", "", new OvationError("body_malformed"), TRACE);
  expect(lines()).toHaveLength(1);
});
