/** nginx as others configure it: what an SDK may find between itself and gateways. */
import { freePort } from "../../../kit/nats/free-port.ts";
import { proxyKind } from "./kinds.ts";
import type { ProxyProcess } from "./proxy.ts";
import { GATEWAY_HOSTS, type Site } from "./site.ts";

const KIND = proxyKind("nginx");

/** Directives that forward a request, including WebSockets. */
export const PASSES = `
  proxy_http_version 1.1;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $connection_to_gateway;
  proxy_set_header Host $http_host;
  proxy_buffering off;`;

/** Like {@link PASSES}, but without WebSockets, as by default. */
export const PASSES_NO_WEBSOCKET = `
  proxy_http_version 1.1;
  proxy_set_header Host $http_host;
  proxy_buffering off;`;

/**
 * Starts nginx in front of a site's gateways, which it calls `http://gateways`.
 * @param locations the locations of its one server
 * @returns the process, and its URL
 */
export async function nginxBefore(
  site: Site,
  locations: string,
): Promise<{ readonly proxy: ProxyProcess; readonly url: string }> {
  const port = await freePort();
  const config = `
events {}
http {
  map $http_upgrade $connection_to_gateway { default upgrade; "" ""; }
  upstream gateways {
    server ${GATEWAY_HOSTS[0]}:${site.port};
    server ${GATEWAY_HOSTS[1]}:${site.port};
  }
  server {
    listen 127.0.0.1:${port};
    location = /is-up { return 200; }
    ${locations}
  }
}`;
  const url = `http://127.0.0.1:${port}`;
  return { proxy: await site.add(KIND, port, config, `${url}/is-up`), url };
}
