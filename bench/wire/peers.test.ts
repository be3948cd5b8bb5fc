import { expect, test } from "vitest";
import { OPCODE } from "../../kit/websocket/frames.ts";
import { centrifugeDialect } from "./centrifuge.ts";
import type { Incoming } from "./dialect.ts";
import { plainDialect, plainMessage } from "./plain.ts";
import { socketIoDialect } from "./socket-io.ts";

const one: Incoming = { type: "received", count: 1, numbers: [7], dueUs: [1_234], links: [] };

test("plain peers: messages arrive unchanged", () => {
  const dialect = plainDialect();
  const event = { id: 1, video: "v", kind: "like", number: 7, dueUs: 1_234 };
  const { payload } = dialect.publish(event);
  expect(Buffer.from(payload).toString()).toBe(plainMessage("v", "like", 7, 1_234));
  expect(dialect.read(OPCODE.text, Buffer.from(payload))).toEqual(one);
  expect(dialect.read(OPCODE.text, Buffer.from('{"ready":true}'))).toEqual({ type: "subscribed" });
});

test("Socket.IO: greeted, subscribed, pinged, received", () => {
  const dialect = socketIoDialect();
  const read = (text: string) => dialect.read(OPCODE.text, Buffer.from(text));
  expect(read('0{"sid":"x","pingInterval":25000}')).toEqual({ type: "ignored" });
  expect(read('40{"sid":"y"}')).toEqual({ type: "greeted" });
  expect(read('42["ready"]')).toEqual({ type: "subscribed" });
  expect(read("2")).toMatchObject({ type: "reply", reply: { payload: Buffer.from("3") } });
  expect(read('42["event",{"video":"v","kind":"like","data":[7,1234]}]')).toEqual(one);
});

test("Centrifuge: greeted, subscribed, one or several events in one message, rejected", () => {
  const dialect = centrifugeDialect();
  const read = (text: string) => dialect.read(OPCODE.text, Buffer.from(text));
  const push = (number: number) =>
    `{"push":{"channel":"v","pub":{"data":${plainMessage("v", "like", number, 1_234)}}}}`;
  expect(read('{"id":1,"connect":{"client":"c","version":""}}')).toEqual({ type: "greeted" });
  expect(read('{"id":2,"subscribe":{}}\n')).toEqual({ type: "subscribed" });
  expect(read(push(7))).toEqual(one);
  const two = { ...one, count: 2, numbers: [7, 8], dueUs: [1_234, 1_234] };
  expect(read(`${push(7)}\n${push(8)}\n`)).toEqual(two);
  const refusal = read('{"id":2,"error":{"code":103,"message":"permission denied"}}');
  expect(refusal).toEqual({ type: "refused", id: 2, code: "103" });
  expect(read('{"id":100,"publish":{}}')).toEqual({ type: "ignored" });
});
