import { expect, test } from "vitest";
import { encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import { AnswerReader, requestText } from "./nats-wire.ts";

const accepted = encodeMsgpack({ accepted: ["a-1"] });
const refused = encodeMsgpack({
  error: { code: "kind_unknown", message: "line\r\nMSG x.9 1 0\r\n" },
});

function message(number: number, payload: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`MSG _BENCH.x1.${number} 1 ${payload.length}\r\n`),
    payload,
    Buffer.from("\r\n"),
  ]);
}

test.each([1, 2, 7, 1_000])("answers are reassembled from reads of %i bytes", (size) => {
  const wire = Buffer.concat([
    Buffer.from('INFO {"server_id":"M"}\r\n+OK\r\n'),
    message(0, accepted),
    Buffer.from("PING\r\n"),
    message(1_234_567, refused),
    message(7, accepted),
  ]);
  const answers: [number, boolean][] = [];
  let pings = 0;
  const reader = new AnswerReader(
    (number, isAccepted) => answers.push([number, isAccepted]),
    () => {
      pings += 1;
    },
  );
  for (let at = 0; at < wire.length; at += size) reader.push(wire.subarray(at, at + size));
  expect(answers).toEqual([
    [0, true],
    [1_234_567, false],
    [7, true],
  ]);
  expect(pings).toBe(1);
});

test("an error from the server is thrown", () => {
  const reader = new AnswerReader(
    () => undefined,
    () => undefined,
  );
  expect(() => reader.push(Buffer.from("-ERR 'Authorization Violation'\r\n"))).toThrow(
    "Authorization Violation",
  );
});

test("a request names its reply subject", () => {
  expect(requestText("ov.publish.v", "_BENCH.x", 5, "abc")).toBe(
    "PUB ov.publish.v _BENCH.x.5 3\r\nabc\r\n",
  );
});
