/** A conversation of WebSocket frames with a gateway, told in lines that a table of cases can hold. */
import { OPCODE, type ServerFrame, text, WireSocket } from "./websocket-wire.ts";

/** `pong …`, `answer 2`, `error message_malformed`, `close 1000`, `other 1`: one frame of the server. */
function told({ opcode, payload }: ServerFrame): string {
  if (opcode === OPCODE.pong) return `pong ${payload.toString("hex")}`;
  if (opcode === OPCODE.close) {
    return payload.length === 0 ? "close" : `close ${payload.readUInt16BE(0)}`;
  }
  if (opcode !== OPCODE.text) return `other ${opcode}`;
  const message = JSON.parse(payload.toString());
  return message.op === "result" ? `answer ${message.id}` : `error ${message.code}`;
}

/** What the server says when the connection ends and no Close frame came: code 1006 to a client. */
export const FAILED = "end";

/** Opens a connection of the JSON subprotocol that is past `connect`, whose request id is 1. */
export async function connected(port: number): Promise<WireSocket> {
  const socket = await WireSocket.open(port);
  socket.write(text('{"op":"connect","id":1}'));
  const answer = await socket.next();
  if (answer === undefined || told(answer) !== "answer 1") throw new Error("connect was refused");
  return socket;
}

/** All that the server says until the connection ends. */
export async function untilEnd(socket: WireSocket): Promise<string[]> {
  const lines: string[] = [];
  for (let frame = await socket.next(); frame !== undefined; frame = await socket.next()) {
    lines.push(told(frame));
  }
  return [...lines, FAILED];
}

/** A `ping` request of Ovation, filled up to so many bytes; its answer shows that it came whole. */
export function request(id: number, bytes = 0): Buffer {
  const head = `{"op":"ping","id":${id},"fill":"`;
  return Buffer.from(`${head}${"x".repeat(Math.max(0, bytes - head.length - 2))}"}`);
}

/** As {@link request}, filled with these bytes. */
export function requestWith(id: number, fill: Uint8Array | string): Buffer {
  const head = Buffer.from(`{"op":"ping","id":${id},"fill":"`);
  return Buffer.concat([head, Buffer.from(fill), Buffer.from('"}')]);
}
