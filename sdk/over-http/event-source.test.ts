/** Events are parsed as a complete parser does, however they are split. */
import { createParser } from "eventsource-parser";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readEvents } from "./event-source.ts";

const line = fc.oneof(
  fc.constantFrom("", "data", "data:", "data: ", "data:  x", "data: {}", "database: no", "id: 1:2"),
  fc.constantFrom(": a comment", "event: x", "retry: 10", "data:a\u2028b", " data: no", "dat"),
  fc.string({ maxLength: 8 }).map((text) => `data: ${text.replace(/[\r\n]/g, "")}`),
);
const stream = fc
  .array(fc.tuple(line, fc.constantFrom("\n", "\r\n", "\r")), { maxLength: 20 })
  .map((lines) => lines.map((parts) => parts.join("")).join(""));

test("events have the data that a complete parser finds, however the stream is split", () => {
  fc.assert(
    fc.property(stream, fc.array(fc.nat(40), { maxLength: 8 }), (text, cuts) => {
      const expected: string[] = [];
      createParser({ onEvent: ({ data }) => expected.push(data) }).feed(`${text}:\n\n`);
      const read: string[] = [];
      const feed = readEvents((data) => read.push(data));
      let left = `${text}:\n\n`;
      for (const cut of cuts) {
        feed(left.slice(0, cut));
        left = left.slice(cut);
      }
      feed(left);
      expect(read).toEqual(expected);
    }),
    { numRuns: 2_000 },
  );
});

test("each event has the last id sent, even if that came without data", () => {
  const read: unknown[] = [];
  const feed = readEvents((...event) => read.push(event));
  for (const piece of "data: 1\n\nid: e:1\r\ndata: 2\r\n\r\ndata: 3\n\nid:e:2\n\nidle: 1\ndata: 4\n\n") {
    feed(piece);
  }
  expect(read).toEqual([
    ["1", undefined],
    ["2", "e:1"],
    ["3", "e:1"],
    ["4", "e:2"],
  ]);
});
