/** A client that requests a WebSocket, up to the answer to its handshake. */
import type { IncomingMessage } from "node:http";
import WebSocket from "ws";

export interface ConnectAttempt {
  /** 101 when the WebSocket was opened; it is closed again. */
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
}

/** @param headers such as `Origin`, exactly as given */
export async function attemptConnect(
  port: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<ConnectAttempt> {
  const url = `ws://127.0.0.1:${port}/v1/connect`;
  const socket = new WebSocket(url, ["ovation.v1.json"], { headers, perMessageDeflate: false });
  socket.on("error", () => undefined);
  return await new Promise((resolve) => {
    socket.on("upgrade", (response: IncomingMessage) => {
      socket.on("open", () => socket.close());
      socket.on("close", () => resolve({ status: 101, headers: response.headers }));
    });
    socket.on("unexpected-response", (_request, response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0, headers: response.headers });
    });
  });
}
