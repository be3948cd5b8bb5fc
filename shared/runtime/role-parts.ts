/** The parts of a role that is connected to NATS: built as a whole, then started. */
import type { Registry } from "prom-client";
import type { Bus } from "../bus/connection.ts";
import type { Log } from "./log.ts";
import type { Condition } from "./ops.ts";
import type { Tracer } from "./tracing/tracer.ts";

/** What a role's parts are built from. */
export interface RoleContext<Config> {
  /** The process's id. */
  readonly id: string;
  readonly config: Config;
  readonly log: Log;
  readonly registry: Registry;
  readonly bus: Bus;
  /** Undefined where nothing is traced. */
  readonly tracer: Tracer | undefined;
  /** Drains the process and ends it, as SIGTERM does. @param why for the log */
  readonly requestStop: (why: string) => void;
  /** Aborted when the process is to stop, also while it is still starting. */
  readonly stopping: AbortSignal;
}

export interface RoleParts {
  /** Starts everything; returns fields for the log. */
  start(): Promise<Record<string, unknown>>;
  /** Takes no new work, and finishes what it has. */
  drain(): Promise<void>;
  stop(): Promise<void>;
  /** The role's own conditions of readiness. */
  conditions(): readonly Condition[];
}
