/** Ovation's protocol in msgpack: docs/protocol.md. */

import { OPCODE } from "../../kit/websocket/frames.ts";
import type { OvationEvent } from "../../shared/protocol/events.ts";
import { decodeTrustedMsgpack, encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import { CONNECT_PATH, type ServerMessage } from "../../shared/protocol/wire/messages.ts";
import {
  type Dialect,
  FIRST_PUBLISH_ID,
  type Incoming,
  ignored,
  type Outgoing,
} from "./dialect.ts";

const CONNECT_ID = 1;
const SUBSCRIBE_ID = 2;
const HIDE_ID = 3;
const SHOW_ID = 4;
/** As the SDK asks for it. */
const HIDDEN_PACE_MS = 10_000;

function message(value: Record<string, unknown>): Outgoing {
  return { opcode: OPCODE.binary, payload: encodeMsgpack(value) };
}

/** The number and the scheduled time that this harness's publisher put into the event. */
function stampOf({ data }: OvationEvent): readonly [number, number] | undefined {
  const isMap = typeof data === "object" && data !== null && "stamp" in data;
  const stamp: unknown = isMap ? data.stamp : data;
  if (!Array.isArray(stamp)) return undefined;
  const [number, dueUs]: unknown[] = stamp;
  return typeof number === "number" && typeof dueUs === "number" ? [number, dueUs] : undefined;
}

function receivedEvents(
  kind: string,
  events: readonly OvationEvent[],
  counts: Readonly<Record<string, number>> | undefined,
): Incoming {
  const numbers: number[] = [];
  const dueUs: number[] = [];
  const links: { prev: number; seq: number }[] = [];
  let seen = 0;
  for (const event of events) {
    if (event.kind !== kind) continue;
    seen += 1;
    const stamp = stampOf(event);
    if (stamp === undefined) continue;
    numbers.push(stamp[0]);
    dueUs.push(stamp[1]);
    if (event.seq !== undefined && event.prev !== undefined) {
      links.push({ prev: event.prev, seq: event.seq });
    }
  }
  const count = counts === undefined ? seen : (counts[kind] ?? 0);
  return count === 0 ? ignored : { type: "received", count, numbers, dueUs, links };
}

function answer(reply: Extract<ServerMessage, { readonly op: "result" | "error" }>): Incoming {
  const { id } = reply;
  if (id >= FIRST_PUBLISH_ID) {
    return reply.op === "result"
      ? { type: "accepted", id }
      : { type: "refused", id, code: reply.code };
  }
  if (reply.op === "error") return { type: "refused", id, code: reply.code };
  return id === SUBSCRIBE_ID ? { type: "subscribed" } : ignored;
}

/** @param kind the kind of event that is measured */
export function ovationDialect(kind: string): Dialect {
  return {
    path: CONNECT_PATH,
    subprotocol: "ovation.v1.msgpack",
    isAnswering: true,
    opening: (video) => [
      message({ op: "connect", id: CONNECT_ID }),
      // A publisher doesn't subscribe; it is ready when its first publish is answered.
      ...(video === undefined ? [] : [message({ op: "subscribe", id: SUBSCRIBE_ID, video })]),
    ],
    turned: (isHidden) =>
      isHidden
        ? message({ op: "pace", id: HIDE_ID, everyMs: HIDDEN_PACE_MS })
        : message({ op: "pace", id: SHOW_ID, everyMs: 0 }),
    read: (_opcode, payload) => {
      // The server under test is trusted to follow its protocol.
      const received = decodeTrustedMsgpack(payload) as ServerMessage;
      switch (received.op) {
        case "events":
          return receivedEvents(kind, received.events, received.counts);
        case "result":
        case "error":
          return answer(received);
        default:
          return ignored;
      }
    },
    publish: ({ id, video, kind: published, number, dueUs, text }) =>
      message({
        op: "publish",
        id,
        video,
        kind: published,
        data: text === undefined ? [number, dueUs] : { text, stamp: [number, dueUs] },
      }),
  };
}
