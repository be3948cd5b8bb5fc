/** An Ovation that runs elsewhere, for example in a cluster: only its addresses are known. */
import type { Target } from "../../kit/websocket/raw-socket.ts";
import type { ServerProcess, System } from "./system.ts";

/** The gateways of `ws://host:port`, as many as are given. */
function targetsOf(urls: readonly string[]): Target[] {
  return urls.map((text) => {
    const url = new URL(text);
    if (url.protocol !== "ws:" && url.protocol !== "http:") {
      throw new Error(`${text}: only ws:// and http:// are supported, without TLS`);
    }
    return { host: url.hostname, port: Number(url.port || "80") };
  });
}

/** @param metricsUrls URLs of the gateways' metrics, if they can be reached from here */
export function outside(urls: readonly string[], metricsUrls: readonly string[]): System {
  return {
    name: "ovation",
    dialect: "ovation",
    targets: targetsOf(urls),
    processes: metricsUrls.map(
      (metricsUrl, index): ServerProcess => ({
        kind: "gateway",
        name: `gateway-${index + 1}`,
        pid: 0,
        metricsUrl,
      }),
    ),
    about: { target: urls.join(", ") },
    stop: async () => undefined,
  };
}
