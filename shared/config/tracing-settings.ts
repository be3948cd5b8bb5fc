/** Whether and where to traces are sent; OpenTelemetry's own variables count as well. */
import {
  type ConfigOf,
  choice,
  optionalText,
  quoted,
  reader,
  type Setting,
  type SettingGroup,
  setting,
} from "./setting.ts";

/** The samplers of the OpenTelemetry specification that need no remote service. */
const SAMPLERS = [
  "parentbased_always_off",
  "parentbased_traceidratio",
  "parentbased_always_on",
  "always_off",
  "traceidratio",
  "always_on",
] as const;

type Headers = readonly (readonly [name: string, value: string])[];

/** The base of an OTLP/HTTP endpoint. */
function endpoint(doc: string, standardEnv: string): Setting<string | undefined> {
  const isSound = (text: string): boolean => {
    if (!URL.canParse(text)) return false;
    const { protocol, username, password, search, hash } = new URL(text);
    return /^https?:$/.test(protocol) && username + password + search + hash === "";
  };
  return setting<string | undefined>({
    schema: reader((text, fault) =>
      // Not echoed: the invalid part may be its password.
      isSound(text) ? text : fault("must be an http or https URL without user, password and query"),
    ),
    default: undefined,
    defaultText: undefined,
    allowed: "http or https URL",
    doc,
    standardEnv,
  });
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.trim());
  } catch {
    return undefined;
  }
}

/** Written as the specification of the OTLP exporter has it: values are percent-encoded. */
function headers(doc: string, standardEnv: string): Setting<Headers | undefined> {
  return setting<Headers | undefined>({
    schema: reader((list, fault) =>
      list.split(",").map((entry, index) => {
        const at = entry.indexOf("=");
        const name = entry.slice(0, Math.max(0, at)).trim();
        const value = decoded(entry.slice(at + 1));
        // Not echoed: it may be a secret.
        if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name) || !/^[\x20-\x7e]+$/.test(value ?? "")) {
          fault(`must hold name=value, percent-encoded, but entry ${index + 1} is not that`);
        }
        return [name, value ?? ""] as const;
      }),
    ),
    default: undefined,
    defaultText: undefined,
    allowed: "comma-separated name=value, percent-encoded",
    doc,
    secret: true,
    standardEnv,
  });
}

function share(doc: string, standardEnv: string): Setting<number> {
  return setting<number>({
    schema: reader((text, fault) => {
      const isSound = /^(0|1|[01]?\.[0-9]{1,15})$/.test(text) && Number(text) <= 1;
      return isSound ? Number(text) : fault(`must be a number from 0 to 1, but is ${quoted(text)}`);
    }),
    default: 1,
    defaultText: "1",
    allowed: "number from 0 to 1",
    json: { type: "number", minimum: 0, maximum: 1 },
    doc,
    standardEnv,
  });
}

export const tracingSettings = {
  otlpEndpoint: endpoint(
    "Where traces are sent by OTLP over HTTP, such as `http://collector:4318`; `/v1/traces` is added. When unset, there is no tracing. See `docs/tracing.md`.",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
  ),
  otlpHeaders: headers(
    "Headers to send along, such as the collector's API key. Set them in the environment: every user of the machine can read flags.",
    "OTEL_EXPORTER_OTLP_HEADERS",
  ),
  traceServiceName: optionalText({
    doc: "The service's name in traces. When unset, `ovation-gateway` and `ovation-dispatcher`.",
    standardEnv: "OTEL_SERVICE_NAME",
  }),
  traceSampler: choice({
    choices: SAMPLERS,
    default: "parentbased_always_off",
    doc: "Which traces are recorded. By default those that a backend or a service started and samples itself; an event without a trace starts one with `…_always_on`, or for a share of events with `…_traceidratio`.",
    standardEnv: "OTEL_TRACES_SAMPLER",
  }),
  traceRatio: share(
    "The share of `traceidratio`: 0.001 is one publish in a thousand.",
    "OTEL_TRACES_SAMPLER_ARG",
  ),
} as const satisfies SettingGroup;

export type TracingConfig = ConfigOf<typeof tracingSettings>;
