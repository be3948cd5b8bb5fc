/** A gateway's listener alone, on a free port, with handlers of the test. */
import { addressKey } from "../../gateway/limits/client-key.ts";
import { Listener, type ListenerOptions } from "../../gateway/transport/listener.ts";

/** By default, it admits every WebSocket and ignores what it sends. What a handler throws fails the test. */
export function testListener(different: Partial<ListenerOptions>): Listener {
  return new Listener({
    host: "127.0.0.1",
    port: 0,
    sharePort: false,
    basePath: "",
    headLimitBytes: 32_768,
    messageLimitBytes: 1_024,
    bufferLimitBytes: 4_096,
    idleTimeoutMs: 32_000,
    pingIntervalMs: 9_000,
    checkHandshake: () => "ovation.v1.json",
    admit: () => ({ address: addressKey(""), reconnectAfterMs: undefined }),
    onSocket: () => undefined,
    onRequest: (exchange) => exchange.respond(404, {}, ""),
    onRefused: (exchange) => exchange.respond(400, {}, "refused"),
    onFault: (error) => {
      throw error;
    },
    ...different,
  });
}
