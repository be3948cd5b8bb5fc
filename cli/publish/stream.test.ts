import { describe, expect, test } from "vitest";
import { type EventInput, OvationError } from "../../server-sdk/index.ts";
import { publishStream } from "./stream.ts";

/** A video that remembers the lists, and refuses an event whose kind is "boo" as a gateway does. */
function recorder() {
  const lists: string[][] = [];
  const publishAll = async (events: readonly EventInput[]) => {
    const wrong = events.findIndex(({ kind }) => kind === "boo");
    const field = `events[${wrong}].kind`;
    if (wrong >= 0) throw new OvationError("kind_unknown", `${field}: unknown`, { field });
    lists.push(events.map(({ id = "" }) => id));
    return events.map(({ id = "" }) => ({ id }));
  };
  const publish = async (...chunks: readonly string[]) => {
    const text = async function* () {
      yield* chunks;
    };
    const ids: string[] = [];
    const { size } = await publishStream({ publishAll }, text(), ({ id }) => ids.push(id));
    return { ids, size };
  };
  return { lists, publish };
}

const line = (id: string, kind = "like") => JSON.stringify({ kind, id });

test("lines are published as they arrive, also those that arrive in pieces", async () => {
  const { lists, publish } = recorder();
  const [first, second] = [line("b").slice(0, 5), line("b").slice(5)];
  const published = await publish(`${line("a")}\n${first}`, `${second}\n\n${line("c")}`);
  expect(published).toEqual({ ids: ["a", "b", "c"], size: 3 });
  expect(lists).toEqual([["a"], ["b"], ["c"]]);
});

test("a long text goes in lists that fit into a request", async () => {
  const { lists, publish } = recorder();
  const short = Array.from({ length: 501 }, (_, index) => line(`s${index}`));
  const long = ["x", "y"].map((id) => JSON.stringify({ id, kind: "c", data: "x".repeat(200_000) }));
  await publish([...short, ...long].join("\n"));
  expect(lists.map((ids) => ids.length)).toEqual([500, 2, 1]);
});

describe("what is wrong is named by its line, with where to go on", () => {
  test.each([
    [`${line("a")}\n\n{\n`, "line 3 of standard input: is not JSON (published up to line 0)"],
    [`${line("a")}\n${line("b", "boo")}\n`, /^line 2 .*events\[1\]\.kind: unknown .*line 0\)$/],
  ])("%j", async (text, message) => {
    const { lists, publish } = recorder();
    await expect(publish(text)).rejects.toThrow(message);
    expect(lists).toEqual([]);
  });

  test("a line without an end is not read for ever", async () => {
    const { publish } = recorder();
    await expect(publish(`${line("a")}\n`, "x".repeat(300_000))).rejects.toThrow(
      /^line 2 .*exceeds/,
    );
  });
});
