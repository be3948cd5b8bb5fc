/** A client that requests a WebSocket, up to the answer to its handshake. */
import type { IncomingMessage } from "node:http";
import WebSocket from "ws";
import { connectUrl } from "./viewer.ts";

export interface ConnectAttempt {
  /** 101 when the WebSocket was opened; it is closed again. 0 when there was no answer. */
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
}

/**
 * @param at a port of this machine, or the gateway's URL
 * @param headers such as `Origin`, exactly as given
 */
export async function attemptConnect(
  at: number | string,
  headers: Readonly<Record<string, string>> = {},
): Promise<ConnectAttempt> {
  const options = { headers, perMessageDeflate: false };
  const socket = new WebSocket(connectUrl(at), ["ovation.v1.json"], options);
  return await new Promise((resolve) => {
    socket.on("error", () => resolve({ status: 0, headers: {} }));
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
