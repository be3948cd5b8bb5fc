/** Tracing of a process: its options, and the tracer that it gets. */
import type { Registry } from "prom-client";
import type { Role } from "../../config/roles.ts";
import type { TracingConfig } from "../../config/tracing-settings.ts";
import type { Log } from "../log.ts";
import type { Tracer } from "./tracer.ts";

export interface TracingOptions {
  readonly role: Role;
  /** The process's id. */
  readonly node: string;
  readonly config: TracingConfig;
  readonly log: Log;
  readonly registry: Registry;
}

export interface Tracing extends Tracer {
  /** Sends the spans that wait, within a time limit. Never throws. */
  stop(): Promise<void>;
}
