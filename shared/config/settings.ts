import { DEFAULT_PARTITIONS, PARTITIONS_LIMIT } from "../protocol/partitions.ts";
import type { gatewaySettings } from "./gateway-settings.ts";
import type { hooksSettings } from "./hooks-settings.ts";
import { kindList } from "./lists.ts";
import { LOG_LEVELS } from "./log-levels.ts";
import { natsSettings } from "./nats-settings.ts";
import { overloadSettings } from "./overload-settings.ts";
import { reviewSettings } from "./review-settings.ts";
import {
  age,
  boolean,
  type ConfigOf,
  choice,
  integer,
  optionalText,
  port,
  type SettingGroup,
  text,
} from "./setting.ts";
import { tracingSettings } from "./tracing-settings.ts";

/** Settings of all roles. */
export const commonSettings = {
  ...natsSettings,
  logLevel: choice({
    choices: LOG_LEVELS,
    default: "info",
    doc: "The lowest level of messages that are logged. SIGUSR2, and `PUT /log-level/debug` on the ops port, change it while the process runs.",
  }),
  opsHost: text({
    default: "127.0.0.1",
    doc: "The address on which health and metrics are served. `::` stands for all addresses of the machine, IPv6 and IPv4, or only IPv4 where there is no IPv6.",
  }),
  kinds: kindList({
    default: [
      { name: "like", deliveryClass: "transient" },
      { name: "comment", deliveryClass: "durable" },
      { name: "vote", deliveryClass: "vote" },
    ],
    doc: "The kinds of events and the delivery class of each, with `:any` after the class where a transient kind may have any variants. Lists of variants, and schemas, are set by `ovation kinds apply` only. They are used until kinds are stored: the first dispatcher stores its own, and `ovation kinds apply` replaces them. `viewers`, `totals`, `retracted`, `pinned`, `rules`, `polls` and `ended` are built in.",
  }),
  dataLimitBytes: integer({
    min: 64,
    max: 262_144,
    default: 4096,
    unit: "bytes",
    doc: "The largest `data` of one event, in its MessagePack encoding.",
  }),
  leaseMs: integer({
    min: 1000,
    max: 300_000,
    default: 10_000,
    unit: "ms",
    doc: "How long a gateway counts as alive after it last renewed its lease; must be the same for all processes.",
  }),
  leaseRenewMs: integer({
    min: 100,
    max: 100_000,
    default: 2500,
    unit: "ms",
    doc: "How often a gateway renews its lease.",
  }),
  partitions: integer({
    min: 1,
    max: PARTITIONS_LIMIT,
    default: DEFAULT_PARTITIONS,
    doc: "Into how many partitions videos are divided; two dispatchers serve each. Must be the same for all gateways and dispatchers: one that has another number than the deployment does not start. The mappings in `deploy/nats/ovation.conf` name it too.",
  }),
  tableReplicas: integer({
    min: 1,
    max: 5,
    default: 1,
    doc: "How many NATS servers keep a copy of the subscription table.",
  }),
  reconcileIntervalMs: integer({
    min: 500,
    // Gateways write their rows again at each comparison, long before the rows expire.
    max: 240_000,
    default: 30_000,
    unit: "ms",
    doc: "How often a process reads the whole subscription table and compares it with its own state.",
  }),
  countIntervalMs: integer({
    min: 50,
    max: 60_000,
    default: 1000,
    unit: "ms",
    doc: "The shortest time between two viewer counts of one video.",
  }),
  countActors: boolean({
    default: false,
    doc: "Whether `viewers` also tells how many different actors watch, an estimate with a standard error of 1.6 %. The rows of the subscription table then have 3 bytes more for each actor, up to 4 KiB. Must be the same for all gateways and dispatchers.",
  }),
  totalsIntervalMs: integer({
    min: 50,
    max: 60_000,
    default: 1000,
    unit: "ms",
    doc: "How often the totals of a video are stored and sent while they change. A dispatcher that is killed loses what it counted in this time.",
  }),
  deduplicateMs: integer({
    min: 1000,
    max: 3_600_000,
    default: 120_000,
    unit: "ms",
    doc: "How long the id that a publisher gave to an event is remembered, so that a retry is shown only once. The id of a durable event is remembered as long as the event is kept, and at least as long as this.",
  }),
  historyReplicas: integer({
    min: 1,
    max: 5,
    default: 1,
    doc: "How many NATS servers keep a copy of the history. One is right for a single server; 3 survives the loss of one.",
  }),
  historyEvents: integer({
    min: 1,
    max: 10_000,
    default: 1000,
    doc: "How many durable events are kept per video: what a viewer who scrolls back is likely to read.",
  }),
  historyBytes: integer({
    min: 65_536,
    max: 67_108_864,
    default: 1_048_576,
    unit: "bytes",
    doc: "How many bytes of durable events are kept per video: a thousand events of a kilobyte each.",
  }),
  historyAgeMs: age({
    min: 60_000,
    max: 31_536_000_000,
    default: 86_400_000,
    doc: "How long a durable event is kept, and a video's timeline: a day covers a live event and those who watch it the same evening. With `forever`, `--history-events` and `--history-bytes` still bound each video, and `--history-total-bytes` all of them: beyond it, the oldest events of any video are removed, so make it as large as the store may become.",
  }),
  historyTotalBytes: integer({
    min: 1_048_576,
    max: 1_099_511_627_776,
    default: 1_073_741_824,
    unit: "bytes",
    doc: "How many bytes the history of all videos may take in the store; beyond that, the oldest events are removed.",
  }),
  stateAgeMs: integer({
    min: 60_000,
    max: 315_360_000_000,
    default: 2_592_000_000,
    unit: "ms",
    doc: "How long a video's state and totals are kept after they last changed.",
  }),
  stateTotalBytes: integer({
    min: 1_048_576,
    max: 1_099_511_627_776,
    default: 268_435_456,
    unit: "bytes",
    doc: "How many bytes the state of all videos may take in the store, and as many their totals and their timelines; beyond that, changes are refused.",
  }),
  votesAgeMs: integer({
    min: 60_000,
    max: 315_360_000_000,
    default: 1_209_600_000,
    unit: "ms",
    doc: "How long votes are kept. A poll takes at most half of this time from its creation to its end.",
  }),
  votesTotalBytes: integer({
    min: 1_048_576,
    max: 1_099_511_627_776,
    default: 268_435_456,
    unit: "bytes",
    doc: "How many bytes the votes of all polls may take in the store; beyond that, votes are refused.",
  }),
  bansLimit: integer({
    min: 1,
    max: 1_000_000,
    default: 200_000,
    doc: "How many bans there may be at once; more are refused. Every gateway and dispatcher has all of them in memory, about 130 bytes each.",
  }),
  moderationAgeMs: integer({
    min: 60_000,
    max: 315_360_000_000,
    default: 7_776_000_000,
    unit: "ms",
    doc: "How long the record of what moderators did is kept.",
  }),
  moderationTotalBytes: integer({
    min: 1_048_576,
    max: 1_099_511_627_776,
    default: 67_108_864,
    unit: "bytes",
    doc: "How many bytes that record may take in the store; beyond that, its oldest entries are removed.",
  }),
  hookEventsAgeMs: integer({
    min: 60_000,
    max: 31_536_000_000,
    default: 172_800_000,
    unit: "ms",
    doc: "How long the events for webhooks are kept: `ovation hooks` can deliver and replay that much of the past. Make it longer than `--hooks-retry-for-ms`.",
  }),
  hookEventsTotalBytes: integer({
    min: 1_048_576,
    max: 1_099_511_627_776,
    default: 268_435_456,
    unit: "bytes",
    doc: "How many bytes these events may take in the store; beyond that, the oldest are removed, delivered or not.",
  }),
  deadHooksTotalBytes: integer({
    min: 1_048_576,
    max: 1_099_511_627_776,
    default: 67_108_864,
    unit: "bytes",
    doc: "How many bytes the webhooks that could not be delivered may take in the store; beyond that, the oldest are removed.",
  }),
  drainMs: integer({
    min: 0,
    max: 600_000,
    default: 10_000,
    unit: "ms",
    doc: "The longest time that a graceful stop may take.",
  }),
  ...tracingSettings,
} as const satisfies SettingGroup;

/** Settings of the dispatcher alone. */
export const dispatcherSettings = {
  opsPort: port({
    default: 9102,
    doc: "The port on which health and metrics are served; 0 picks a free one.",
  }),
  storeTimeoutMs: integer({
    min: 50,
    max: 60_000,
    default: 1500,
    unit: "ms",
    doc: "The longest wait for the store to confirm a durable event. Keep it below the gateways' request timeout.",
  }),
  storeQueueLimit: integer({
    min: 1,
    max: 1_000_000,
    default: 10_000,
    doc: "How many durable events may wait to be stored; more are refused.",
  }),
  fanoutWindowMs: integer({
    min: 0,
    max: 1000,
    default: 10,
    unit: "ms",
    doc: "While transient events of a video come so fast that each would take many messages to gateways, they are collected for this time: each gateway gets one message with up to 100 of them and the exact counts of the others. An event after a pause is sent at once. With 0, every event is sent at once, as an event of its own.",
  }),
  ...reviewSettings,
  ...overloadSettings,
} as const satisfies SettingGroup;

const patienceMs = integer({
  min: 100,
  max: 600_000,
  default: 10_000,
  unit: "ms",
  doc: "How long to wait for NATS to be reachable.",
});

/** Settings of the doctor alone. */
export const doctorSettings = {
  lookAgainMs: integer({
    min: 100,
    max: 60_000,
    default: 3000,
    unit: "ms",
    doc: "The time between the two checks of the table. Only what is wrong in both, unchanged, is reported: a table in use always lags a little.",
  }),
  patienceMs,
  json: boolean({ default: false, doc: "Prints the findings as JSON instead of text." }),
} as const satisfies SettingGroup;

/** Settings of `ovation kinds` alone. */
export const kindsSettings = { patienceMs } as const satisfies SettingGroup;

/** Settings of `ovation store` alone. */
export const storeSettings = {
  patienceMs,
  allowLoss: boolean({
    default: false,
    doc: "Whether `apply` also makes changes that lose something of what is stored, and `restore` and `move` replace what there is.",
  }),
  copiesWaitMs: integer({
    min: 1000,
    max: 86_400_000,
    default: 600_000,
    unit: "ms",
    doc: "How long `apply`, `leave` and `wait` wait until every copy of a stream has all that is stored.",
  }),
  to: optionalText({
    doc: "The URL of the NATS to which `move` brings everything. Without a user in it, the login is the same there. Set it in the environment when it holds a password.",
    secret: true,
  }),
  json: boolean({ default: false, doc: "Prints the result as JSON instead of text." }),
} as const satisfies SettingGroup;

/** Settings of `ovation ops` alone. */
export const opsSettings = {
  patienceMs,
  forMs: integer({
    min: 1000,
    max: 604_800_000,
    default: 3_600_000,
    unit: "ms",
    doc: "For how long `limit` changes a limit; then the setting counts again.",
  }),
  json: boolean({ default: false, doc: "Prints the result as JSON instead of text." }),
} as const satisfies SettingGroup;

export type CommonConfig = ConfigOf<typeof commonSettings>;
export type GatewayConfig = CommonConfig & ConfigOf<typeof gatewaySettings>;
export type DispatcherConfig = CommonConfig & ConfigOf<typeof dispatcherSettings>;
export type HooksConfig = CommonConfig & ConfigOf<typeof hooksSettings>;
export type KindsConfig = CommonConfig & ConfigOf<typeof kindsSettings>;
export type OpsConfig = CommonConfig & ConfigOf<typeof opsSettings>;
export type StoreConfig = CommonConfig & ConfigOf<typeof storeSettings>;
export type DoctorConfig = CommonConfig & ConfigOf<typeof doctorSettings>;
