/** Two gateways, a certificate, and a proxy in front of them as in the guides. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setDefaultCACertificates } from "node:tls";
import { freePort } from "../../../kit/nats/free-port.ts";
import type { GatewayConfig } from "../../../shared/config/settings.ts";
import { TestAuthority } from "../../support/certificates.ts";
import { TestStack } from "../../support/stack.ts";
import { type ProxyKind, proxyKind } from "./kinds.ts";
import { documented, ProxyProcess, type Replacements } from "./proxy.ts";

const CERTIFICATE = "/etc/ssl/live.example/fullchain.pem";
const KEY = "/etc/ssl/live.example/key.pem";
const BOTH = "/etc/haproxy/live.example.pem";

/** The addresses of the documented configurations, except for the first number. */
export const GATEWAY_HOSTS = ["127.0.0.11", "127.0.0.12"] as const;

interface Files {
  readonly certificate: string;
  readonly key: string;
  readonly both: string;
}

/** All authorities that this process trusts: several sites may exist at a time. */
const authorities: string[] = [];

const HAPROXY = proxyKind("HAProxy");

export class Site {
  readonly stack: TestStack;
  readonly #authority: TestAuthority;
  readonly #files: Files;
  readonly #proxies: ProxyProcess[] = [];
  /** Both gateways use the same ports, as in the documented configurations. */
  readonly port: number;
  readonly opsPort: number;

  private constructor(
    stack: TestStack,
    authority: TestAuthority,
    files: Files,
    [port, opsPort]: readonly [port: number, opsPort: number],
  ) {
    this.stack = stack;
    this.#authority = authority;
    this.#files = files;
    this.port = port;
    this.opsPort = opsPort;
  }

  /**
   * @param gateway settings of both gateways
   * @param second more settings for the second one, once NATS runs
   */
  static async start(
    gateway: Partial<GatewayConfig> = {},
    second: (natsUrl: string) => Promise<Partial<GatewayConfig>> = async () => ({}),
  ): Promise<Site> {
    const authority = await TestAuthority.make();
    authorities.push(await readFile(authority.caFile, "utf8"));
    setDefaultCACertificates(authorities);
    const { certFile: certificate, keyFile: key } = await authority.certificate("proxy");
    const both = join(authority.folder, "both.pem");
    await writeFile(both, (await readFile(certificate, "utf8")) + (await readFile(key, "utf8")));
    const trusted = { trustedProxies: ["127.0.0.1/32"], lingerMs: 0, ...gateway };
    const stack = await TestStack.start({ gateways: 0, gateway: trusted });
    const [port, opsPort] = [await freePort("0.0.0.0"), await freePort("0.0.0.0")];
    const [first, other] = GATEWAY_HOSTS.map((host) => ({ host, opsHost: host, port, opsPort }));
    await stack.addGateway(first);
    await stack.addGateway({ ...other, ...(await second(stack.nats.url)) });
    return new Site(stack, authority, { certificate, key, both }, [port, opsPort]);
  }

  /** Puts a proxy in front of both gateways, with the printed configuration. */
  async proxy(kind: ProxyKind, more: Replacements = []): Promise<ProxyProcess> {
    const port = await freePort();
    const text = await documented(kind, this.#replacements(kind, port, more));
    return await this.add(kind, port, text, `https://127.0.0.1:${port}/v1/ping`);
  }

  /** HAProxy with the printed configuration but without TLS, which something in front of it handles. */
  async haproxyWithoutTls(): Promise<ProxyProcess> {
    const port = await freePort();
    const text = await documented(HAPROXY, [
      [
        "bind :443 ssl crt /etc/haproxy/live.example.pem alpn h2,http/1.1",
        `bind 127.0.0.1:${port}`,
      ],
      ...this.#limits(HAPROXY),
      ...this.#gateways(HAPROXY),
    ]);
    return await this.add(HAPROXY, port, text, `http://127.0.0.1:${port}/v1/ping`);
  }

  /**
   * Puts a proxy in front of them, with the test's own configuration.
   * @param url the URL that it must answer once it runs
   */
  async add(kind: ProxyKind, port: number, config: string, url: string): Promise<ProxyProcess> {
    const proxy = await ProxyProcess.start(kind, port, config, url);
    this.#proxies.push(proxy);
    return proxy;
  }

  async stop(): Promise<void> {
    for (const proxy of this.#proxies) await proxy.stop();
    await this.stack.stop();
    await this.#authority.remove();
  }

  #replacements(kind: ProxyKind, port: number, more: Replacements): Replacements {
    const files: Replacements =
      kind.name === "HAProxy"
        ? [[BOTH, this.#files.both]]
        : [
            [CERTIFICATE, this.#files.certificate],
            [KEY, this.#files.key],
          ];
    // Caddy would request certificates for that name, and the tests connect to an address.
    const name: Replacements =
      kind.name === "Caddy"
        ? [["live.example {", `https://127.0.0.1:${port} {`]]
        : [[/\b443\b/, `${port}`]];
    return [...more, ...files, ...name, ...this.#limits(kind), ...this.#gateways(kind)];
  }

  /** Stays within the test machine's file limit. */
  #limits(kind: ProxyKind): Replacements {
    return kind.name === "HAProxy" ? [["maxconn 50000", "maxconn 1000"]] : [];
  }

  #gateways(kind: ProxyKind): Replacements {
    const asksOpsPort = kind.name !== "nginx" && kind.name !== "Apache";
    return [
      [/\b10\.0\.0\./, "127.0.0."],
      [/\b8080\b/, `${this.port}`],
      ...(asksOpsPort ? [[/\b9101\b/, `${this.opsPort}`] as const] : []),
    ];
  }
}
