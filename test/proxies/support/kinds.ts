/**
 * The proxies, each with the configuration that docs/proxies.md and the guides print. A test runs exactly that text;
 * only addresses, ports and files are replaced.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";

/** How one proxy is started and reloaded. */
export interface ProxyKind {
  readonly name: string;
  /** In deploy/proxies/. */
  readonly file: string;
  readonly program: string;
  /** Its command line and environment. */
  command(folder: string, config: string): ProxyCommand;
  /** What precedes the printed configuration: settings of the service rather than the site. */
  preamble?(adminPort: number): string;
  /** Files that it needs besides the configuration. */
  files?(folder: string, path: string, config: string): Readonly<Record<string, string>>;
  /** What makes it reload its configuration: a signal or a command. */
  readonly reload?: NodeJS.Signals | readonly string[];
}

interface ProxyCommand {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const MODULES = "/usr/lib/apache2/modules";

/** Apache as on Debian before any site, with the modules that the site's comment names. */
function apacheBase(folder: string, path: string, site: string): string {
  const [, named = ""] = /a2enmod ([\w ]+)/.exec(site) ?? [];
  const modules = ["mpm_event", "authz_core", ...named.split(" ")];
  const available = modules.filter((name) => existsSync(`${MODULES}/mod_${name}.so`));
  return [
    `ServerRoot ${folder}`,
    "ServerName localhost",
    `PidFile ${join(folder, "apache.pid")}`,
    `DefaultRuntimeDir ${folder}`,
    "User www-data",
    "Group www-data",
    // Standard error is a socket here, which can't be opened by path.
    'ErrorLog "|/bin/cat"',
    ...available.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`),
    `Include ${path}`,
    "",
  ].join("\n");
}

export const PROXY_KINDS: readonly ProxyKind[] = [
  {
    name: "nginx",
    file: "nginx.conf",
    program: "nginx",
    command: (folder, config) => ({
      args: ["-p", folder, "-c", config, "-g", `daemon off; pid ${folder}/nginx.pid;`],
    }),
    reload: "SIGHUP",
  },
  {
    name: "HAProxy",
    file: "haproxy.cfg",
    program: "haproxy",
    command: (_, config) => ({ args: ["-W", "-f", config] }),
    reload: "SIGUSR2",
  },
  {
    name: "Caddy",
    file: "Caddyfile",
    program: "caddy",
    command: (folder, config) => ({
      args: ["run", "--adapter", "caddyfile", "--config", config],
      env: { XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    }),
    preamble: (adminPort) => `{\n\tadmin 127.0.0.1:${adminPort}\n}\n\n`,
    reload: ["reload", "--force", "--adapter", "caddyfile"],
  },
  {
    name: "Apache",
    file: "apache.conf",
    program: "apache2",
    files: (folder, path, site) => ({ "base.conf": apacheBase(folder, path, site) }),
    command: (folder) => ({ args: ["-D", "FOREGROUND", "-f", join(folder, "base.conf")] }),
    reload: "SIGUSR1",
  },
  {
    name: "Envoy",
    file: "envoy.yaml",
    program: join(import.meta.dirname, "../../../.cache/proxies/envoy"),
    command: (_, config) => ({
      args: [
        "--config-path",
        config,
        "--disable-hot-restart",
        "--concurrency",
        "2",
        "--log-level",
        "warn",
      ],
    }),
  },
];

/** The kind with this name. */
export function proxyKind(name: string): ProxyKind {
  const kind = PROXY_KINDS.find((one) => one.name === name);
  if (kind === undefined) throw new Error(`no proxy ${name}`);
  return kind;
}
