/** A conversation of WebSocket frames with a gateway, in lines that fit in a table of cases. */
import { OPCODE } from "../../kit/websocket/frames.ts";
import { type ServerFrame, text, WireSocket } from "./websocket-wire.ts";

/** `pong …`, `answer 2`, `error message_malformed`, `close 1000`, `other 1`: one server frame. */
function lineOf({ opcode, payload }: ServerFrame): string {
  if (opcode === OPCODE.pong) return `pong ${payload.toString("hex")}`;
  if (opcode === OPCODE.close) {
    return payload.length === 0 ? "close" : `close ${payload.readUInt16BE(0)}`;
  }
  if (opcode !== OPCODE.text) return `other ${opcode}`;
  const message = JSON.parse(payload.toString());
  return message.op === "result" ? `answer ${message.id}` : `error ${message.code}`;
}

/** The connection ended without a further frame; without a Close frame, a client sees code 1006. */
export const FAILED = "end";

/** Opens a connection with the JSON subprotocol and completes `connect`, with request id 1. */
export async function connected(port: number): Promise<WireSocket> {
  const socket = await WireSocket.open(port);
  socket.write(text('{"op":"connect","id":1}'));
  const answer = await socket.next();
  if (answer === undefined || lineOf(answer) !== "answer 1") throw new Error("connect was refused");
  return socket;
}

/** All that the server sends until the connection ends. */
export async function untilEnd(socket: WireSocket): Promise<string[]> {
  const lines: string[] = [];
  for (let frame = await socket.next(); frame !== undefined; frame = await socket.next()) {
    lines.push(lineOf(frame));
  }
  return [...lines, FAILED];
}

/** An Ovation `ping` request, padded to this many bytes; an answer shows that it arrived complete. */
export function request(id: number, bytes = 0): Buffer {
  const head = `{"op":"ping","id":${id},"fill":"`;
  return Buffer.from(`${head}${"x".repeat(Math.max(0, bytes - head.length - 2))}"}`);
}

/** Like {@link request}, padded with these bytes. */
export function requestWith(id: number, fill: Uint8Array | string): Buffer {
  const head = Buffer.from(`{"op":"ping","id":${id},"fill":"`);
  return Buffer.concat([head, Buffer.from(fill), Buffer.from('"}')]);
}
