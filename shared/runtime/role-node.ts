/**
 * What gateways and dispatchers have in common as processes: an id, health and metrics, the
 * connection to NATS, and the order of starting and stopping.
 */
import type { Registry } from "prom-client";
import { Bus } from "../bus/connection.ts";
import { permitted } from "../bus/violations.ts";
import { redactedConfig } from "../config/redact.ts";
import type { ConfigByRole, Role } from "../config/roles.ts";
import type { CommonConfig } from "../config/settings.ts";
import { registerHealth } from "./health-metrics.ts";
import type { Component } from "./lifecycle.ts";
import type { Log } from "./log.ts";
import { createRegistry } from "./metrics.ts";
import { type Condition, OpsServer } from "./ops.ts";
import type { RoleContext, RoleParts } from "./role-parts.ts";
import { registerStores, StoresCheck } from "./stores-check.ts";
import { startTracing } from "./tracing/start.ts";
import type { Tracing } from "./tracing/tracing.ts";
import { VERSION } from "./version.ts";

type State = "starting" | "running" | "draining" | "stopped";

export abstract class RoleNode<
  Config extends CommonConfig & { readonly opsPort: number },
  Parts extends RoleParts,
> implements Component
{
  readonly id: string;
  protected readonly config: Config;
  protected readonly log: Log;
  protected readonly registry: Registry = createRegistry();
  readonly #role: Role;
  readonly #ops: OpsServer;
  #state: State = "starting";
  #opsPort = 0;
  readonly #stopping = new AbortController();
  readonly #stopRequest = Promise.withResolvers<string>();
  #bus: Bus | undefined;
  #parts: Parts | undefined;
  #stores: StoresCheck | undefined;
  #tracing: Tracing | undefined;

  constructor(role: Role, id: string, config: Config, log: Log) {
    this.#role = role;
    this.id = id;
    this.config = config;
    this.log = log;
    const conditions = () => [
      { name: "state", fault: this.#state === "running" ? undefined : this.#state },
      this.#busCondition(),
      ...(this.#stores === undefined ? [] : [this.#stores.condition]),
      ...(this.#parts?.conditions() ?? [{ name: "parts", fault: "not started yet" }]),
    ];
    this.#ops = new OpsServer({
      host: config.opsHost,
      port: config.opsPort,
      registry: this.registry,
      log,
      conditions,
      settings: () => ({
        role,
        id,
        version: VERSION,
        settings: redactedConfig(role, config as ConfigByRole[Role]),
      }),
    });
    registerHealth(this.registry, role, conditions);
    registerStores(this.registry, () => this.#stores);
  }

  /** Where health and metrics are served, once started. */
  get opsPort(): number {
    return this.#opsPort;
  }

  /** Resolves, with the reason, when an operator asks over NATS that the process ends. */
  get stopRequested(): Promise<string> {
    return this.#stopRequest.promise;
  }

  /** Undefined until the process is connected to NATS. */
  protected get parts(): Parts | undefined {
    return this.#parts;
  }

  /** Serves health, connects to NATS, waiting as long as it takes, and starts the role's parts. */
  async start(): Promise<void> {
    this.#opsPort = await this.#ops.start();
    this.log.info({ opsPort: this.#opsPort }, "health and metrics are served");
    const { config, log, registry } = this;
    this.#tracing = await startTracing({
      role: this.#role,
      node: this.id,
      config,
      log,
      registry,
    });
    const bus = await Bus.connect({
      servers: this.config.natsUrl,
      login: this.config,
      inbox: this.#role,
      name: `ovation-${this.#role}-${this.id}`,
      log: this.log,
    });
    this.#bus = bus;
    const details = await permitted(bus, async () => {
      this.#stores = new StoresCheck(bus, this.config, this.log);
      await this.#stores.start();
      const parts = await this.buildParts({
        id: this.id,
        config,
        log,
        registry,
        bus,
        tracer: this.#tracing,
        requestStop: (why) => this.#stopRequest.resolve(why),
        stopping: this.#stopping.signal,
      });
      this.#parts = parts;
      return await parts.start();
    });
    this.#state = "running";
    this.log.info({ nats: bus.serverVersion, ...details }, `${this.#role} runs`);
  }

  /** Takes no new work, and finishes what it has. */
  async drain(): Promise<void> {
    const bus = this.#bus;
    if (this.#state !== "running" || bus === undefined) return;
    this.#state = "draining";
    this.log.info(`${this.#role} drains`);
    try {
      await this.#parts?.drain();
      await bus.flush();
    } catch (error) {
      if (await bus.isReachable()) throw error;
      this.log.warn({ err: error }, "NATS stopped first: the lease's expiry does the rest");
    }
  }

  async stop(): Promise<void> {
    if (this.#state === "stopped") return;
    this.#state = "stopped";
    this.#stopping.abort();
    this.#stores?.stop();
    await this.#parts?.stop();
    await this.#bus?.stop();
    await this.#tracing?.stop();
    await this.#ops.stop();
    this.log.info(`${this.#role} stopped`);
  }

  /** Builds the role's parts; nothing is started yet. */
  protected abstract buildParts(context: RoleContext<Config>): Promise<Parts>;

  #busCondition(): Condition {
    const isConnected = this.#bus?.state === "connected";
    if (!isConnected) return { name: "nats", fault: "not connected" };
    const isDenied = this.#bus?.violations.isRecent;
    return { name: "nats", warning: isDenied ? "it does not permit all that we do" : undefined };
  }
}
