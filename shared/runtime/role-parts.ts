/** What a role consists of once it is connected to NATS: built as a whole, then started. */
import type { Registry } from "prom-client";
import type { Bus } from "../bus/connection.ts";
import type { Log } from "./log.ts";
import type { Condition } from "./ops.ts";
import type { Tracer } from "./tracing/tracer.ts";

/** What a role builds its parts from. */
export interface RoleContext<Config> {
  /** The process's id. */
  readonly id: string;
  readonly config: Config;
  readonly log: Log;
  readonly registry: Registry;
  readonly bus: Bus;
  /** Undefined where nothing is traced. */
  readonly tracer: Tracer | undefined;
  /** Aborted when the process is to stop, also while it is still starting. */
  readonly stopping: AbortSignal;
}

export interface RoleParts {
  /** Starts everything; returns what the log is to say of it. */
  start(): Promise<Record<string, unknown>>;
  /** Takes nothing new, and finishes what there is. */
  drain(): Promise<void>;
  stop(): Promise<void>;
  /** The role's own conditions of readiness. */
  conditions(): readonly Condition[];
}
