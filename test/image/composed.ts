/**
 * The stack of deploy/docker/compose.yaml with plain `docker run`, for machines without the compose
 * plugin: the same images, commands, settings and restrictions on one network.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { accessEnv, randomPasswords } from "../../kit/nats/access.ts";
import { docker, inspect } from "./docker.ts";

/** Strict, so that nothing in the file is ignored here. */
const serviceSchema = z.strictObject({
  image: z.string(),
  build: z.unknown().optional(),
  profiles: z.array(z.string()).default([]),
  command: z.array(z.string()),
  read_only: z.boolean().default(false),
  cap_drop: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
  stop_grace_period: z.templateLiteral([z.number(), "s"]).default("10s"),
  environment: z.record(z.string(), z.string()).default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  restart: z.string(),
  depends_on: z.array(z.string()).default([]),
  deploy: z.strictObject({ replicas: z.number() }).default({ replicas: 1 }),
});
const fileSchema = z.object({ services: z.record(z.string(), serviceSchema) });

type Service = z.infer<typeof serviceSchema>;

/** What an operator adds to a service. */
interface Additions {
  readonly environment?: Readonly<Record<string, string>>;
  /** By their paths in the file, such as `./hooks-secret`, paths on this machine. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface Composed {
  readonly network: string;
  /** Starts one more container of that service; returns its name. */
  add(service: string, additions?: Additions): Promise<string>;
  /** Runs a container of that service until it ends by itself. */
  run(service: string): Promise<{ readonly code: number; readonly text: string }>;
  /** The containers of a service. */
  of(service: string): readonly string[];
  stop(): Promise<void>;
}

const directory = join(import.meta.dirname, "../../deploy/docker");

export async function startComposed(): Promise<Composed> {
  const file = await readFile(join(directory, "compose.yaml"), "utf8");
  const passwords = accessEnv(randomPasswords());
  const text = file.replaceAll(
    /\$\{(\w+):\?[^}]*\}/g,
    (_all, name: string) => passwords[name] ?? "",
  );
  const { services } = fileSchema.parse(parse(text, { merge: true }));
  const network = `ovation-image-test-${process.pid}`;
  await docker("network", "create", network);
  const started: { readonly service: string; readonly container: string }[] = [];
  const add = async (name: string, additions: Additions = {}): Promise<string> => {
    const service = services[name];
    if (service === undefined) throw new Error(`compose.yaml has no service ${name}`);
    const container = `${network}-${name}-${started.length}`;
    started.push({ service: name, container });
    await docker("run", ...runFlags(network, name, container, service, additions));
    return container;
  };
  const run = async (service: string) => {
    const container = await add(service);
    const { stdout: code } = await docker("wait", container);
    const { stdout, stderr } = await docker("logs", container);
    return { code: Number(code), text: stdout + stderr };
  };
  const stop = async (): Promise<void> => {
    for (const { container } of started) await docker("rm", "--force", "--volumes", container);
    await docker("network", "rm", network);
  };
  try {
    for (const [name, { deploy, profiles }] of Object.entries(services)) {
      if (profiles.length > 0) continue;
      for (let count = 0; count < deploy.replicas; count += 1) await add(name);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const of = (service: string): string[] =>
    started.filter((one) => one.service === service).map(({ container }) => container);
  return { network, add, run, of, stop };
}

function runFlags(
  network: string,
  name: string,
  container: string,
  service: Service,
  { environment = {}, files = {} }: Additions,
): string[] {
  const variables = { ...service.environment, ...environment };
  return [
    "--detach",
    ...["--name", container, "--network", network, "--network-alias", name],
    ...(service.read_only ? ["--read-only"] : []),
    ...service.cap_drop.flatMap((one) => ["--cap-drop", one]),
    ...service.security_opt.flatMap((one) => ["--security-opt", one]),
    ...["--stop-timeout", service.stop_grace_period.replace("s", "")],
    ...Object.entries(variables).flatMap(([key, value]) => ["--env", `${key}=${value}`]),
    // Any free port of this machine, and a volume that is removed with the container.
    ...service.ports.flatMap((port) => ["--publish", `127.0.0.1::${port.split(":").at(-1)}`]),
    ...service.volumes.flatMap((volume) => ["--volume", mountOf(volume, files)]),
    // Docker's default would report health only after half a minute.
    ...["--health-interval", "1s"],
    service.image,
    ...service.command,
  ];
}

/** A file of ours, or of the operator, by its absolute path; a named volume without its name. */
function mountOf(volume: string, files: Readonly<Record<string, string>>): string {
  const [source = "", ...rest] = volume.split(":");
  const given = files[source];
  if (given !== undefined) return [given, ...rest].join(":");
  return volume.startsWith("../") ? join(directory, volume) : volume.replace(/^[^/]*:/, "");
}

/** A gateway's URL from this machine. */
export async function addressOf(gateway: string): Promise<string> {
  const port = await inspect(
    gateway,
    '{{ (index (index .NetworkSettings.Ports "8080/tcp") 0).HostPort }}',
  );
  return `http://127.0.0.1:${port}`;
}
