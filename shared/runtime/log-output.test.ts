import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { LogOutput } from "./log-output.ts";

const LINE = `${"x".repeat(1_023)}\n`;

/** A pipe that nobody reads yet. */
function pipe(): PassThrough {
  return new PassThrough({ highWaterMark: 1_024 });
}

test("lines for a slow reader wait up to a limit, and are dropped beyond it", async () => {
  const stream = pipe();
  const output = new LogOutput(stream);
  for (let line = 0; line < 2_000; line += 1) output.write(LINE);
  expect(output.dropped).toBeGreaterThan(900);
  expect(stream.writableLength).toBeLessThan(1_100_000);
  expect(output.isFlushed).toBe(false);
  let read = 0;
  stream.on("data", (bytes: Buffer) => {
    read += bytes.length;
  });
  await output.flushed(10_000);
  expect(output.isFlushed).toBe(true);
  expect(read).toBe((2_000 - output.dropped) * LINE.length);
});

test("flushing waits for a stuck reader no longer than the given time", async () => {
  const output = new LogOutput(pipe());
  for (let line = 0; line < 10; line += 1) output.write(LINE);
  await output.flushed(10);
  expect(output.isFlushed).toBe(false);
});

test("a reader that is gone is neither waited for nor written to", async () => {
  const stream = pipe();
  const output = new LogOutput(stream);
  for (let line = 0; line < 10; line += 1) output.write(LINE);
  const flushed = output.flushed(60_000);
  stream.destroy(new Error("write EPIPE"));
  await flushed;
  expect(output.isFlushed).toBe(true);
  output.write(LINE);
  expect(output.dropped).toBe(1);
});
