/** Switches tracing on where an OTLP endpoint is set; without one, nothing of it is loaded. */
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

export async function startTracing(options: TracingOptions): Promise<Tracing | undefined> {
  if (options.config.otlpEndpoint === undefined) return undefined;
  const { OpenTelemetryTracing } = await import("./open-telemetry.ts");
  return new OpenTelemetryTracing(options);
}
