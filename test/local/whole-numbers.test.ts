/**
 * For clients in typed languages: every whole number that Ovation sends in msgpack, its own and
 * those from publishers, is an integer on the wire, whichever way it came in and goes out.
 */

import { Unpackr } from "msgpackr";
import { expect, test } from "vitest";
import { publishSubject } from "../../shared/protocol/subjects.ts";
import { encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import { connectTo, PATIENCE } from "../support/nats-users.ts";
import { useTestStack } from "../support/use-test-stack.ts";
import { post, TestSocket } from "../support/viewer.ts";

const stack = useTestStack();

/** Reads 64-bit integers as bigint, so a large whole number that is not a bigint was a float. */
const strict = new Unpackr({ useRecords: false, int64AsType: "bigint" });

/** Paths of whole numbers that are too large for 32 bits, each with its form on the wire. */
function largeNumbers(value: unknown, path = ""): [path: string, form: "integer" | "float"][] {
  if (typeof value === "bigint") return [[path, "integer"]];
  if (typeof value === "number") {
    const isLarge = Number.isSafeInteger(value) && Math.abs(value) > 0xffff_ffff;
    return isLarge ? [[path, "float"]] : [];
  }
  if (typeof value !== "object" || value === null) return [];
  const entries = Object.entries(value);
  return entries.flatMap(([key, item]) => largeNumbers(item, path === "" ? key : `${path}.${key}`));
}

/** Where an event is in its message depends on what else there was to send. */
function withoutIndexes(numbers: ReturnType<typeof largeNumbers>): [string, string][] {
  return numbers.map(([path, form]) => [path.replaceAll(/\d+/g, "#"), form]);
}

const MOST = Number.MAX_SAFE_INTEGER;
const DATA = { uint: MOST, int: -MOST, deep: [{ n: 2 ** 32 }], text: "x", fraction: 1.5 };
const AS_FLOAT = Buffer.from("81a16ecb4270000000000000", "hex"); // {"n": 2 ** 40}

/** The messages as they were received. */
function rawEvents(viewer: TestSocket): Buffer[] {
  const messages: Buffer[] = [];
  viewer.socket.on("message", (bytes: Buffer) => messages.push(bytes));
  return messages;
}

test("over a WebSocket: at, seq, prev, and what publishers sent in either encoding", async () => {
  const viewer = await TestSocket.connect(stack().gateway.port, "msgpack");
  const messages = rawEvents(viewer);
  await viewer.ask("subscribe", { video: "numbers" });
  await stack().mirrored("numbers", 1);
  await viewer.ask("publish", { video: "numbers", kind: "comment", data: DATA });
  await post(stack().gateway.port, "numbers", [
    { kind: "comment", data: DATA },
    { kind: "like", data: DATA },
  ]);
  const nats = await connectTo(stack().nats.url);
  const request = Buffer.concat([
    Buffer.from("82a46b696e64a46c696b65a464617461", "hex"), // {"kind": "like", "data": …
    AS_FLOAT,
  ]);
  const reply = await nats.request(publishSubject("numbers"), request, PATIENCE);
  expect(reply.string()).toContain("accepted");
  await nats.close();
  await viewer.until(() => viewer.total("numbers", "comment") === 2);
  await viewer.until(() => viewer.total("numbers", "like") === 2);

  const numbers = messages.flatMap((bytes) => largeNumbers(strict.unpack(bytes)));
  expect(numbers.filter(([, form]) => form === "float")).toEqual([]);
  const names = new Set(numbers.map(([path]) => path.replaceAll(/\d+/g, "#")));
  const fields = ["at", "seq", "prev", "data.uint", "data.int", "data.deep.#.n", "data.n"];
  expect(names).toEqual(new Set(["seq", ...fields.map((field) => `events.#.${field}`)]));
  expect(viewer.of("numbers", "comment").map(({ data }) => data)).toEqual([DATA, DATA]);
  await viewer.close();
});

test("in past events that a viewer requests, and in answers over HTTP and NATS", async () => {
  const { port } = stack().gateway;
  const body = encodeMsgpack({ kind: "comment", id: "past-1", data: DATA });
  const headers = { "content-type": "application/msgpack" };
  const url = `http://127.0.0.1:${port}/v1/videos/past`;
  const answer = await fetch(`${url}/events`, {
    method: "POST",
    headers,
    body: new Uint8Array(body),
  });
  const answered = strict.unpack(new Uint8Array(await answer.arrayBuffer()));
  expect(largeNumbers(answered)).toEqual([["seqs.0", "integer"]]);

  const history = await fetch(`${url}/history`, { headers });
  const page = strict.unpack(new Uint8Array(await history.arrayBuffer()));
  expect(largeNumbers(page)).toContainEqual(["events.0.seq", "integer"]);
  expect(largeNumbers(page)).toContainEqual(["events.0.data.int", "integer"]);

  const viewer = await TestSocket.connect(port, "msgpack");
  const messages = rawEvents(viewer);
  await viewer.ask("subscribe", { video: "past", last: 1 });
  await viewer.until(() => viewer.total("past", "comment") === 1);
  const numbers = messages.flatMap((bytes) => largeNumbers(strict.unpack(bytes)));
  expect(withoutIndexes(numbers)).toContainEqual(["events.#.seq", "integer"]);

  const nats = await connectTo(stack().nats.url);
  const reply = await nats.request(publishSubject("past"), body, PATIENCE);
  expect(largeNumbers(strict.unpack(reply.data))).toEqual([["seqs.0", "integer"]]);
  await nats.close();

  const erased = await fetch(`${url}/events/past-1`, { method: "DELETE", headers });
  const gone = strict.unpack(new Uint8Array(await erased.arrayBuffer()));
  expect(largeNumbers(gone)).toEqual([["seq", "integer"]]);
  await viewer.until(() => viewer.total("past", "retracted") === 1);
  const after = messages.flatMap((bytes) => largeNumbers(strict.unpack(bytes)));
  expect(withoutIndexes(after)).toContainEqual(["events.#.data.seq", "integer"]);
  expect(after.filter(([, form]) => form === "float")).toEqual([]);
  await viewer.close();
});
