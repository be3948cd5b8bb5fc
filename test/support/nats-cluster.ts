/** A cluster of nats-servers on this machine, on ports of their own. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findNatsServer } from "../../kit/nats/find-nats-server.ts";
import { freePort } from "../../kit/nats/free-port.ts";
import { type NatsServer, startNatsServer } from "../../kit/nats/nats-server.ts";
import { type NatsVersion, provideNatsVersion } from "../../kit/nats/versions.ts";
import { TEST_PASSWORDS } from "./nats-users.ts";

export interface NatsCluster {
  readonly servers: readonly NatsServer[];
  /** The URL of each server's monitoring. */
  readonly monitors: readonly string[];
  /** Starts one more, which joins. */
  add(): Promise<NatsServer>;
  stop(): Promise<void>;
}

/**
 * @param version by default, whichever is found first
 * @throws Error if the only nats-server is in a container
 */
export async function startNatsCluster(count: number, version?: NatsVersion): Promise<NatsCluster> {
  const log = () => undefined;
  const source = await (version === undefined
    ? findNatsServer({ log })
    : provideNatsVersion(version, log));
  if (source.kind === "docker")
    throw new Error("a cluster needs a nats-server installed on this machine");
  const directory = await mkdtemp(join(tmpdir(), "ovation-cluster-"));
  const ports: number[] = [];
  for (let number = 0; number < 2 * count; number += 1) ports.push(await freePort());
  const routes = ports.slice(count).map((port) => `nats://127.0.0.1:${port}`);
  const monitors: string[] = [];
  const start = async (route: string, index: number, port: number) => {
    const name = `nats-${index + 1}`;
    const monitor = await freePort();
    monitors[index] = `http://127.0.0.1:${monitor}`;
    const cluster = ["--cluster_name", "test", "--cluster", route, "--routes", routes.join(",")];
    return startNatsServer({
      source,
      name,
      port,
      storeDir: join(directory, name),
      extraArgs: [...cluster, "--http_port", `${monitor}`],
      passwords: TEST_PASSWORDS,
    });
  };
  const servers = await Promise.all(
    routes.map((route, index) => start(route, index, ports[index] ?? 0)),
  );
  return {
    servers,
    monitors,
    add: async () => {
      const [port, route] = [await freePort(), `nats://127.0.0.1:${await freePort()}`];
      const server = await start(route, servers.length, port);
      servers.push(server);
      return server;
    },
    stop: async () => {
      await Promise.all(servers.map((server) => server.kill9()));
      await rm(directory, { recursive: true, force: true });
    },
  };
}
