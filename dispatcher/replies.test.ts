import pino from "pino";
import { expect, test } from "vitest";
import { OvationError } from "../shared/protocol/errors.ts";
import { Replies } from "./replies.ts";

const TRACE = { traceId: "a".repeat(32), spanId: "b".repeat(16), isSampled: true, state: "" };

/** Answers of which none is sent, and what they write to the log. */
function answering(): { readonly replies: Replies; readonly lines: () => object[] } {
  const written: string[] = [];
  const log = pino({}, { write: (line: string) => written.push(line) });
  const replies = new Replies({ log, bus: { publish: () => true } });
  return { replies, lines: () => written.map((line) => JSON.parse(line)) };
}

test("a request that failed for a fault of ours is logged, with the trace that it belongs to", async () => {
  const { replies, lines } = answering();
  replies.refuse("json", "", new Error("at once"), TRACE);
  replies.later("json", "", Promise.reject(new Error("later")), TRACE);
  await replies.drain();
  expect(lines()).toMatchObject([
    { msg: "request failed", traceId: TRACE.traceId, err: { message: "at once" } },
    { msg: "request failed", traceId: TRACE.traceId, err: { message: "later" } },
  ]);
});

test("without a trace none is named, and a request that is refused for a fault of its own isn't logged", () => {
  const { replies, lines } = answering();
  replies.refuse("json", "", new Error("at once"));
  expect(lines()).toHaveLength(1);
  expect(lines()[0]).not.toHaveProperty("traceId");
  replies.refuse("json", "", new OvationError("body_malformed"), TRACE);
  expect(lines()).toHaveLength(1);
});
