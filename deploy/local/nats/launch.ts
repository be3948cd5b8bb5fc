/** The command line of a nats-server, for each kind of source. */
import { randomUUID } from "node:crypto";
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
  /** False: a server that stores nothing. */
  readonly jetStream?: boolean;
}

function serverArgs(run: NatsRun, host: string, storeDir: string): string[] {
  const { name, port, extraArgs, jetStream = true } = run;
  const where = ["--addr", host, "--port", String(port)];
  const store = jetStream ? ["--jetstream", "--store_dir", storeDir] : [];
  return ["--name", name, ...where, ...store, ...extraArgs];
}

function inDocker(run: NatsRun, image: string): Launch {
  const container = `ovation-nats-${run.port}-${randomUUID().slice(0, 8)}`;
  const { getuid, getgid } = process;
  // The store must stay this user's own, or it could not be emptied later.
  const user = getuid && getgid ? ["--user", `${getuid()}:${getgid()}`] : [];
  const publish = ["--publish", `${run.host}:${run.port}:${run.port}`];
  const store = ["--volume", `${run.storeDir}:/data`];
  const docker = ["run", "--rm", "--name", container, ...user, ...publish, ...store, image];
  return {
    command: "docker",
    args: [...docker, ...serverArgs(run, "0.0.0.0", "/data")],
    killCommand: ["docker", "rm", "--force", container],
  };
}

/**
 * The command that runs a nats-server. In Docker only the client port is published: what
 * `extraArgs` opens beside it is reachable from inside the container alone.
 */
export function natsLaunch(run: NatsRun): Launch {
  const { source } = run;
  if (source.kind === "docker") return inDocker(run, source.image);
  return { command: source.path, args: serverArgs(run, run.host, run.storeDir) };
}
