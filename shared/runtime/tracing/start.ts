/** Starts tracing if an OTLP endpoint is set; without one, OpenTelemetry isn't even loaded. */
import type { Tracing, TracingOptions } from "./tracing.ts";

export async function startTracing(options: TracingOptions): Promise<Tracing | undefined> {
  if (options.config.otlpEndpoint === undefined) return undefined;
  const { OpenTelemetryTracing } = await import("./open-telemetry.ts");
  return new OpenTelemetryTracing(options);
}
