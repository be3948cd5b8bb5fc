/** What a process needs to trace, and what it gets. */
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
  /** Sends what waits, as far as that is soon done. Never throws. */
  stop(): Promise<void>;
}
