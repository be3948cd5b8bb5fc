/** A nats-server in a container, for tests. */
import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  type ContainerRuntimeClient,
  GenericContainer,
  type StartedTestContainer,
  Wait,
} from "testcontainers";
import { ACCESS_CONFIG, accessEnv } from "../../kit/nats/access.ts";
import type { NatsRestart } from "../../kit/nats/nats-server.ts";
import { waitUntilReady } from "../../kit/nats/probe.ts";
import { containerEngine } from "./engine.ts";
import { provideTestImage } from "./nats-image.ts";
import { TEST_PASSWORDS } from "./nats-users.ts";

/** What to start. */
export interface ContainerOptions {
  readonly port: number;
  readonly storeDir: string;
}

const HOST = "127.0.0.1";
const NATS_PORT = 4222;
const CONFIG_IN_CONTAINER = "/ovation.conf";
const READY_MS = 30_000;
/** The process id that a container belongs to. */
const OWNER_LABEL = "ovation.test.owner";

/** testcontainers itself would publish the port to every network of the machine. */
class LoopbackContainer extends GenericContainer {
  readonly #port: number;

  constructor(image: string, port: number) {
    super(image);
    this.#port = port;
  }

  protected override async beforeContainerCreated(): Promise<void> {
    const binding = { HostIp: HOST, HostPort: String(this.#port) };
    this.hostConfig.PortBindings = { [`${NATS_PORT}/tcp`]: [binding] };
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Any error but "no such process" means that it exists.
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}

/** Removes containers left behind by killed test runs. */
async function removeOrphans(client: ContainerRuntimeClient): Promise<void> {
  for (const { Id: id, Labels: labels } of await client.container.list()) {
    const owner = Number.parseInt(labels[OWNER_LABEL] ?? "", 10);
    if (!Number.isNaN(owner) && !isAlive(owner)) {
      await client.container.remove(client.container.getById(id), { removeVolumes: true });
    }
  }
}

/** Each start uses a new container with the same port and store. */
export class NatsContainer {
  readonly url: string;
  readonly port: number;
  readonly storeDir: string;
  readonly #client: ContainerRuntimeClient;
  readonly #image: string;
  readonly #name = `ovation-${randomUUID()}`;
  #container: StartedTestContainer | undefined;
  #version = "";

  constructor(client: ContainerRuntimeClient, image: string, options: ContainerOptions) {
    this.url = `nats://${HOST}:${options.port}`;
    this.port = options.port;
    this.storeDir = options.storeDir;
    this.#client = client;
    this.#image = image;
  }

  get version(): string {
    return this.#version;
  }

  async start(jetStream = true): Promise<void> {
    await mkdir(this.storeDir, { recursive: true });
    const { getuid, getgid } = process;
    const container = new LoopbackContainer(this.#image, this.port)
      .withExposedPorts(NATS_PORT)
      .withCommand([
        "--name",
        this.#name,
        ...["--config", CONFIG_IN_CONTAINER],
        ...(jetStream ? ["--jetstream", "--store_dir", "/data"] : []),
      ])
      .withBindMounts([
        { source: this.storeDir, target: "/data" },
        { source: ACCESS_CONFIG, target: CONFIG_IN_CONTAINER, mode: "ro" },
      ])
      .withEnvironment(accessEnv(TEST_PASSWORDS))
      .withLabels({ [OWNER_LABEL]: String(process.pid) })
      // The image has no shell, so testcontainers can't check the port from inside.
      .withWaitStrategy(Wait.forLogMessage("Server is ready"))
      .withStartupTimeout(READY_MS);
    // The store must belong to this user, who has to empty it.
    if (getuid && getgid) container.withUser(`${getuid()}:${getgid()}`);
    this.#container = await container.start();
    const target = { host: HOST, port: this.port, name: this.#name, jetStream };
    this.#version = await waitUntilReady(target, READY_MS, AbortSignal.timeout(READY_MS));
  }

  /** SIGTERM, then SIGKILL after 10 s. Safe to call twice. The store stays. */
  async stop(): Promise<void> {
    const container = this.#container;
    this.#container = undefined;
    await container?.stop({ timeout: 10_000, remove: true });
  }

  async kill9(): Promise<void> {
    const container = this.#container;
    this.#container = undefined;
    if (container === undefined) return;
    await this.#client.container.getById(container.getId()).kill({ signal: "SIGKILL" });
    await container.stop({ remove: true });
  }

  async restart({ wipe = false, jetStream = true }: NatsRestart = {}): Promise<void> {
    await this.kill9();
    if (wipe) await rm(join(this.storeDir, "jetstream"), { recursive: true, force: true });
    await this.start(jetStream);
  }
}

/** Starts a nats-server in a container; throws if no container engine answers. */
export async function startNatsContainer(options: ContainerOptions): Promise<NatsContainer> {
  const engine = await containerEngine();
  if (!engine.answers) throw new Error(`no container engine: ${engine.reason}`);
  await removeOrphans(engine.client);
  const image = await provideTestImage(engine.client, () => {});
  const container = new NatsContainer(engine.client, image, options);
  await container.start();
  return container;
}
