/** The command line of a nats-server, for each kind of source. */
import { randomUUID } from "node:crypto";
import { ACCESS_CONFIG, accessEnv, type NatsPasswords } from "./access.ts";
import type { Launch } from "./guarded.ts";
import type { NatsServerSource } from "./source.ts";

/** How a nats-server is to be run. */
export interface NatsRun {
  readonly source: NatsServerSource;
  readonly host: string;
  readonly port: number;
  readonly storeDir: string;
  readonly name: string;
  readonly extraArgs: readonly string[];
  /** False for a server without storage. */
  readonly jetStream?: boolean;
  /** Passwords of the users in ovation.conf. When unset, everybody may do everything. */
  readonly passwords?: NatsPasswords | undefined;
}

/** The configuration's path in the container. */
const CONFIG_IN_CONTAINER = "/ovation.conf";

function serverArgs(
  run: NatsRun,
  host: string,
  storeDir: string,
  configPath = ACCESS_CONFIG,
): string[] {
  const { name, port, extraArgs, jetStream = true, passwords } = run;
  const where = ["--addr", host, "--port", String(port)];
  const store = jetStream ? ["--jetstream", "--store_dir", storeDir] : [];
  const access = passwords === undefined ? [] : ["--config", configPath];
  return ["--name", name, ...access, ...where, ...store, ...extraArgs];
}

function inDocker(run: NatsRun, image: string): Launch {
  const container = `ovation-nats-${run.port}-${randomUUID().slice(0, 8)}`;
  const { getuid, getgid } = process;
  // The store must belong to this user, or it could not be emptied later.
  const user = getuid && getgid ? ["--user", `${getuid()}:${getgid()}`] : [];
  const publish = ["--publish", `${run.host}:${run.port}:${run.port}`];
  const store = ["--volume", `${run.storeDir}:/data`];
  const env = run.passwords === undefined ? {} : accessEnv(run.passwords);
  const config =
    run.passwords === undefined ? [] : ["--volume", `${ACCESS_CONFIG}:${CONFIG_IN_CONTAINER}:ro`];
  // Only the names: Docker takes the values from its own environment.
  const names = Object.keys(env).flatMap((variable) => ["--env", variable]);
  const files = [...store, ...config];
  const docker = ["run", "--rm", "--name", container, ...user, ...publish, ...files, ...names];
  return {
    command: "docker",
    args: [...docker, image, ...serverArgs(run, "0.0.0.0", "/data", CONFIG_IN_CONTAINER)],
    env,
    killCommand: ["docker", "rm", "--force", container],
  };
}

/**
 * The command that runs a nats-server. In Docker only the client port is published: other ports that
 * `extraArgs` opens are reachable only from inside the container.
 */
export function natsLaunch(run: NatsRun): Launch {
  const { source } = run;
  if (source.kind === "docker") return inDocker(run, source.image);
  const env = run.passwords === undefined ? {} : accessEnv(run.passwords);
  return { command: source.path, args: serverArgs(run, run.host, run.storeDir), env };
}
