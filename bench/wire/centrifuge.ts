/**
 * Centrifuge's bidirectional protocol as JSON: commands and replies with an `id`, pushes without;
 * one WebSocket message may contain several, one per line
 * (https://centrifugal.dev/docs/transports/client_protocol). Answers to publishes are ignored.
 */

import { OPCODE } from "../../kit/websocket/frames.ts";
import { type Dialect, type Incoming, ignored, type Outgoing } from "./dialect.ts";
import { plainMessage, readPlain } from "./plain.ts";

const CONNECT_ID = 1;
const SUBSCRIBE_ID = 2;

function packet(text: string): Outgoing {
  return { opcode: OPCODE.text, payload: Buffer.from(text) };
}

/** All pushes of one message. */
function receivedEvents(lines: readonly string[]): Incoming {
  const stamps = lines.map(readPlain).filter((stamp) => stamp !== undefined);
  if (stamps.length === 0) return ignored;
  return {
    type: "received",
    count: stamps.length,
    numbers: stamps.map(([number]) => number),
    dueUs: stamps.map(([, dueUs]) => dueUs),
    links: [],
  };
}

function reply(line: string): Incoming {
  const { id, error } = JSON.parse(line) as { id: number; error?: { code: number } };
  if (error !== undefined) return { type: "refused", id, code: String(error.code) };
  if (id === CONNECT_ID) return { type: "greeted" };
  return id === SUBSCRIBE_ID ? { type: "subscribed" } : ignored;
}

export function centrifugeDialect(): Dialect {
  return {
    path: "/connection/websocket",
    isAnswering: false,
    opening: () => [packet(`{"id":${CONNECT_ID},"connect":{}}`)],
    greeted: (video) => [packet(`{"id":${SUBSCRIBE_ID},"subscribe":{"channel":"${video}"}}`)],
    read: (_opcode, payload) => {
      const lines = payload.toString("latin1").trimEnd().split("\n");
      const [first = "{}"] = lines;
      return first.startsWith('{"push"') ? receivedEvents(lines) : reply(first);
    },
    publish: ({ id, video, kind, number, dueUs }) => {
      const data = plainMessage(video, kind, number, dueUs);
      return packet(`{"id":${id},"publish":{"channel":"${video}","data":${data}}}`);
    },
  };
}
