/** Settings of `ovation hooks` alone. */
import {
  boolean,
  integer,
  optionalText,
  port,
  reader,
  type SettingGroup,
  setting,
} from "./setting.ts";

export const hooksSettings = {
  opsPort: port({
    default: 9103,
    doc: "The port on which health and metrics are served; 0 picks a free one.",
  }),
  hooksUrl: setting<string | undefined>({
    schema: reader((text, fault) => (URL.canParse(text) ? text : fault("must be an https URL"))),
    default: undefined,
    defaultText: undefined,
    allowed: "https URL",
    doc: "Where events are sent to, where there is one endpoint. It is named `default`.",
    // A part of it may be a secret.
    loggable: (url) => (url === undefined ? url : new URL(url).origin),
  }),
  hooksSecretFile: optionalText({
    doc: "A file with the secret that webhooks to `--hooks-url` are signed with, as Standard Webhooks has it: `whsec_` and the base64 of 24 to 64 bytes. With two of them, one a line, webhooks have a signature by each. It is read at the start.",
  }),
  hooksFile: optionalText({
    doc: "A JSON file with several endpoints, in place of `--hooks-url`: see docs/webhooks.md. It is read at the start.",
  }),
  hooksAllowHttp: boolean({
    default: false,
    doc: "Whether endpoints beyond this machine may have `http` URLs: then anybody on the way can read the events.",
  }),
  hooksAllowPrivate: boolean({
    default: false,
    doc: "Whether endpoints may have addresses that are not public, beyond this machine's own by name.",
  }),
  hooksTimeoutMs: integer({
    min: 100,
    max: 120_000,
    default: 15_000,
    unit: "ms",
    doc: "How long an endpoint may take to answer.",
  }),
  hooksBatchEvents: integer({
    min: 1,
    max: 1_000,
    default: 100,
    doc: "How many events a webhook has at most; what was stored together stays together.",
  }),
  hooksRetryMinMs: integer({
    min: 10,
    max: 60_000,
    default: 1_000,
    unit: "ms",
    doc: "The longest first wait before a webhook that failed is sent again. It doubles with each attempt, and each wait is a random part of it.",
  }),
  hooksRetryMaxMs: integer({
    min: 10,
    max: 3_600_000,
    default: 120_000,
    unit: "ms",
    doc: "The longest of these waits.",
  }),
  hooksRetryForMs: integer({
    min: 0,
    max: 2_592_000_000,
    default: 86_400_000,
    unit: "ms",
    doc: "How long a webhook is tried before it is given up and kept as a dead letter.",
  }),
  hooksVacatedMs: integer({
    min: 0,
    max: 3_600_000,
    default: 10_000,
    unit: "ms",
    doc: "How long a video must have no viewers before `video.vacated` is sent.",
  }),
  hooksLeaseMs: integer({
    min: 500,
    max: 300_000,
    default: 5_000,
    unit: "ms",
    doc: "How long after the instance that works was last heard of another takes over.",
  }),
} as const satisfies SettingGroup;
