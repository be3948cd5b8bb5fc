/**
 * The dialect of the plain peers: text messages `{"video", "kind", "data": [number, due]}`, each
 * forwarded unchanged to everybody. Nothing is answered: what was sent counts as accepted.
 */

import { OPCODE } from "../../kit/websocket/frames.ts";
import { type Dialect, type Incoming, ignored } from "./dialect.ts";

const READY = '{"ready":true}';

export function plainMessage(video: string, kind: string, number: number, dueUs: number): string {
  return `{"video":"${video}","kind":"${kind}","data":[${number},${dueUs}]}`;
}

/** The numbers of the event in such a message; undefined if it isn't one. */
export function readPlain(text: string): readonly [number: number, dueUs: number] | undefined {
  const [, number, dueUs] = /"data":\[(\d+),(\d+)\]/.exec(text) ?? [];
  return number === undefined || dueUs === undefined ? undefined : [Number(number), Number(dueUs)];
}

export function receivedOne(stamp: readonly [number, number] | undefined): Incoming {
  if (stamp === undefined) return ignored;
  return { type: "received", count: 1, numbers: [stamp[0]], dueUs: [stamp[1]], links: [] };
}

export function plainDialect(): Dialect {
  const subscribe = (video: string) => Buffer.from(JSON.stringify({ subscribe: video }));
  return {
    path: "/",
    isAnswering: false,
    opening: (video) =>
      video === undefined ? [] : [{ opcode: OPCODE.text, payload: subscribe(video) }],
    read: (_opcode, payload) => {
      const text = payload.toString("latin1");
      return text === READY ? { type: "subscribed" } : receivedOne(readPlain(text));
    },
    publish: ({ video, kind, number, dueUs }) => ({
      opcode: OPCODE.text,
      payload: Buffer.from(plainMessage(video, kind, number, dueUs)),
    }),
  };
}
