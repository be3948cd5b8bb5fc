/**
 * Socket.IO 4 over only a WebSocket (no polling first): Engine.IO packets `0` open, `2` ping, `3`
 * pong, `4` message, which contains Socket.IO's `0` connect and `2` event
 * (https://socket.io/docs/v4/socket-io-protocol/).
 */

import { OPCODE } from "../../kit/websocket/frames.ts";
import { type Dialect, ignored, type Outgoing } from "./dialect.ts";
import { readPlain, receivedOne } from "./plain.ts";

function packet(text: string): Outgoing {
  return { opcode: OPCODE.text, payload: Buffer.from(text) };
}

export function socketIoDialect(): Dialect {
  return {
    path: "/socket.io/?EIO=4&transport=websocket",
    isAnswering: false,
    opening: () => [packet("40")],
    greeted: (video) => [packet(`42${JSON.stringify(["subscribe", video])}`)],
    read: (_opcode, payload) => {
      const text = payload.toString("latin1");
      if (text.startsWith("40")) return { type: "greeted" };
      if (text === "2") return { type: "reply", reply: packet("3") };
      if (text === '42["ready"]') return { type: "subscribed" };
      return text.startsWith('42["event"') ? receivedOne(readPlain(text)) : ignored;
    },
    publish: ({ video, kind, number, dueUs }) =>
      packet(`42["publish",{"video":"${video}","kind":"${kind}","data":[${number},${dueUs}]}]`),
  };
}
