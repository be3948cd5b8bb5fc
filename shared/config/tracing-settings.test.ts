import { describe, expect, test } from "vitest";
import { ConfigError, loadConfig } from "./load.ts";
import { redactedConfig } from "./redact.ts";

type Env = Readonly<Record<string, string>>;

function configOf(argv: readonly string[], env: Env = {}) {
  const loaded = loadConfig("dispatcher", argv, env);
  if (loaded.outcome !== "config") throw new Error("expected a configuration, got help");
  return loaded.config;
}

function faultsOf(argv: readonly string[], env: Env = {}): readonly string[] {
  try {
    configOf(argv, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe("tracing", () => {
  test("is off, and starts no trace, by default", () => {
    expect(configOf([])).toMatchObject({
      otlpEndpoint: undefined,
      traceSampler: "parentbased_always_off",
    });
  });

  test("takes the variables that OpenTelemetry names", () => {
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318",
      OTEL_EXPORTER_OTLP_HEADERS: "key=a%20b%3Dc, other=d",
      OTEL_SERVICE_NAME: "arena",
      OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
      OTEL_TRACES_SAMPLER_ARG: "0.25",
      OTEL_WHATEVER_ELSE: "is not ours",
    };
    expect(configOf([], env)).toMatchObject({
      otlpEndpoint: "http://collector:4318",
      otlpHeaders: [
        ["key", "a b=c"],
        ["other", "d"],
      ],
      traceServiceName: "arena",
      traceSampler: "parentbased_traceidratio",
      traceRatio: 0.25,
    });
  });

  test("prefers its own variable and flag to those, and treats an empty one as unset", () => {
    const env = { OTEL_SERVICE_NAME: "theirs", OTEL_EXPORTER_OTLP_ENDPOINT: "" };
    expect(configOf([], env)).toMatchObject({
      traceServiceName: "theirs",
      otlpEndpoint: undefined,
    });
    const ours = { ...env, OVATION_TRACE_SERVICE_NAME: "ours" };
    expect(configOf([], ours).traceServiceName).toBe("ours");
    expect(configOf(["--trace-service-name=flag"], ours).traceServiceName).toBe("flag");
  });

  test("names the wrong variable, and echoes nothing that may be a secret", () => {
    const faults = faultsOf(["--otlp-endpoint=http://u:hush@collector"], {
      OTEL_EXPORTER_OTLP_HEADERS: "key=fine,hush",
      OTEL_TRACES_SAMPLER: "sometimes",
    });
    expect(faults).toEqual([
      "--otlp-endpoint must be an http or https URL without user, password and query",
      "OTEL_EXPORTER_OTLP_HEADERS must hold name=value, percent-encoded, but entry 2 is not that",
      expect.stringMatching(/^OTEL_TRACES_SAMPLER must be one of .*"sometimes"$/),
    ]);
  });

  test.each(["key=a%0d%0ab", "a b=c", "=c", "key=", "key=%zz", ","])(
    "refuses headers such as %j",
    (headers) => {
      const [fault, ...others] = faultsOf([], { OTEL_EXPORTER_OTLP_HEADERS: headers });
      expect(fault).toContain("must hold name=value");
      expect(others.length).toBeLessThanOrEqual(1);
    },
  );

  test.each(["-0.1", "1.1", "1.0e-3", "half", ""])("refuses the share %j", (share) => {
    expect(faultsOf([`--trace-ratio=${share}`])).toHaveLength(1);
  });

  test.each(["0", "1", "0.001", ".5", "1.0"])("accepts the share %j", (share) => {
    expect(configOf([`--trace-ratio=${share}`]).traceRatio).toBe(Number(share));
  });

  test("keeps the headers out of the log", () => {
    const config = configOf([], { OTEL_EXPORTER_OTLP_HEADERS: "key=hush" });
    expect(redactedConfig("dispatcher", config)["otlpHeaders"]).toBe("[redacted]");
  });
});
