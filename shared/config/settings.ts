import { authSettings } from "./auth-settings.ts";
import { basePath } from "./base-path.ts";
import { limitSettings } from "./limit-settings.ts";
import { kindList, urlList } from "./lists.ts";
import { overloadSettings } from "./overload-settings.ts";
import {
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

/** What both roles are told. */
export const commonSettings = {
  natsUrl: urlList({
    schemes: ["nats", "tls"],
    default: ["nats://127.0.0.1:4222"],
    doc: "The NATS servers to connect to; any one of a cluster is enough to find the others.",
  }),
  natsToken: optionalText({
    doc: "The token to log in to NATS with. Set it by the environment: flags can be read by every user of the machine.",
    secret: true,
  }),
  natsUser: optionalText({
    doc: "The user to log in to NATS as, with a password; they go before those of a URL. The users that each role needs are in `deploy/nats/ovation.conf`.",
  }),
  natsPassword: optionalText({
    doc: "The password of that user. Set it by the environment, or give it in a file: flags can be read by every user of the machine.",
    secret: true,
  }),
  natsPasswordFile: optionalText({
    doc: "A file that holds the password; it is read again at each connect.",
  }),
  natsCredsFile: optionalText({
    doc: "A credentials file (JWT and nkey seed) to log in to NATS with; it is read again at each connect.",
  }),
  natsNkeyFile: optionalText({
    doc: "A file that holds the nkey seed to log in to NATS with; it is read again at each connect.",
  }),
  natsTlsCaFile: optionalText({
    doc: "Certificates of the authorities that NATS's own certificate must come from, in PEM; unset, those that Node.js trusts. With this or a certificate set, NATS is spoken to by TLS or not at all.",
  }),
  natsTlsCertFile: optionalText({
    doc: "The certificate by which NATS knows us, in PEM; it is read again at each connect.",
  }),
  natsTlsKeyFile: optionalText({ doc: "The key of that certificate, in PEM." }),
  logLevel: choice({
    choices: ["fatal", "error", "warn", "info", "debug", "trace", "silent"],
    default: "info",
    doc: "The least severe messages that are still logged.",
  }),
  opsHost: text({
    default: "127.0.0.1",
    doc: "The address on which health and metrics are served.",
  }),
  kinds: kindList({
    default: [
      { name: "like", deliveryClass: "transient" },
      { name: "comment", deliveryClass: "durable" },
    ],
    doc: "The kinds of events and how each is delivered, the same for all processes. `viewers`, of class latest, and `retracted`, durable, are built in.",
  }),
  dataLimitBytes: integer({
    min: 64,
    max: 262_144,
    default: 4096,
    unit: "bytes",
    doc: "The largest `data` of one event, by its MessagePack encoding.",
  }),
  leaseMs: integer({
    min: 1000,
    max: 300_000,
    default: 10_000,
    unit: "ms",
    doc: "How long a gateway counts as alive after its last sign of life; the same for all processes.",
  }),
  leaseRenewMs: integer({
    min: 100,
    max: 100_000,
    default: 2500,
    unit: "ms",
    doc: "How often a gateway gives a sign of life.",
  }),
  tableReplicas: integer({
    min: 1,
    max: 5,
    default: 1,
    doc: "How many NATS servers keep a copy of the subscription table.",
  }),
  reconcileIntervalMs: integer({
    min: 500,
    // Gateways write their rows again when they look, long before those are too old.
    max: 240_000,
    default: 30_000,
    unit: "ms",
    doc: "How often the subscription table is read whole and compared with what is known of it.",
  }),
  countIntervalMs: integer({
    min: 50,
    max: 60_000,
    default: 1000,
    unit: "ms",
    doc: "The time in which the viewer count of one video is updated at most once.",
  }),
  deduplicateMs: integer({
    min: 1000,
    max: 3_600_000,
    default: 120_000,
    unit: "ms",
    doc: "How long the id that a publisher gave to an event is remembered, so that a retry is shown, and a durable event stored, once.",
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
    doc: "How many durable events are kept of one video: what a viewer who scrolls back is likely to read.",
  }),
  historyBytes: integer({
    min: 65_536,
    max: 67_108_864,
    default: 1_048_576,
    unit: "bytes",
    doc: "How many bytes of durable events are kept of one video: a thousand of them with a kilobyte each.",
  }),
  historyAgeMs: integer({
    min: 60_000,
    max: 31_536_000_000,
    default: 86_400_000,
    unit: "ms",
    doc: "How long a durable event is kept: a day covers a live event and those who watch it the same evening.",
  }),
  historyTotalBytes: integer({
    min: 1_048_576,
    max: 1_099_511_627_776,
    default: 1_073_741_824,
    unit: "bytes",
    doc: "How many bytes the history of all videos may take in the store; beyond it the oldest goes first.",
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

/** What only a gateway is told. */
export const gatewaySettings = {
  ...authSettings,
  opsPort: port({
    default: 9101,
    doc: "The port on which health and metrics are served; 0 takes any free one.",
  }),
  host: text({
    default: "::",
    doc: "The addresses on which viewers and publishers connect, with commas between. `::` is all of the machine, of IPv6 and IPv4 alike, or of IPv4 where there is no IPv6.",
  }),
  port: port({
    default: 8080,
    doc: "The port on which viewers and publishers connect; 0 takes any free one.",
  }),
  basePath: basePath({
    doc: "The path before all paths of the API and the page, where a proxy passes on requests below a path of its own as they are: with `/live`, viewers connect to `/live/v1/connect`, and the client's URL ends in `/live`. Health and metrics stay where they are.",
  }),
  sharePort: boolean({
    default: false,
    doc: "Lets several gateway processes of one machine listen on the same port (SO_REUSEPORT).",
  }),
  tlsCertFile: optionalText({
    doc: "The certificate, with those between it and its authority, in PEM: connections are then TLS 1.2 or later, and no others are taken. The files are read again when they change, and on SIGHUP; open connections stay. When unset, something before the gateway speaks TLS.",
  }),
  tlsKeyFile: optionalText({ doc: "The certificate's key, in PEM and without a passphrase." }),
  address: optionalText({
    doc: "What the lease tells others as this gateway's address. When unset, the host's name and the port.",
  }),
  pageDir: optionalText({
    doc: "A folder whose files are served at the paths that the API does not use, `index.html` at `/`: a page beside the API. They are read once, at the start. When unset, there is no page.",
  }),
  pagePolicy: text({
    default:
      "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    doc: "The `Content-Security-Policy` that the page's files are served with.",
  }),
  requestTimeoutMs: integer({
    min: 50,
    max: 60_000,
    default: 2000,
    unit: "ms",
    doc: "The longest wait for a dispatcher's answer to a publish request.",
  }),
  frameIntervalMinMs: integer({
    min: 0,
    max: 1000,
    default: 0,
    unit: "ms",
    doc: "The shortest time between two frames of a video to one viewer.",
  }),
  frameIntervalMaxMs: integer({
    min: 1,
    max: 5000,
    default: 60,
    unit: "ms",
    doc: "The longest time for which a frame collects events, however busy the gateway is. A gateway that can't keep this pace sends as fast as it can.",
  }),
  frameEvents: integer({
    min: 1,
    max: 10_000,
    default: 100,
    doc: "The most events in one frame. When more arrive, the frame carries a sample of them and the exact counts.",
  }),
  frameGroupViewers: integer({
    min: 1,
    max: 100_000,
    default: 250,
    doc: "How many viewers get their frame in one pass of the event loop.",
  }),
  viewerBufferBytes: integer({
    min: 4096,
    max: 16_777_216,
    default: 65_536,
    unit: "bytes",
    doc: "How much may wait for one slow viewer before events are dropped for it.",
  }),
  messageLimitBytes: integer({
    min: 512,
    max: 1_048_576,
    default: 16_384,
    unit: "bytes",
    doc: "The largest message that a viewer may send.",
  }),
  headLimitBytes: integer({
    min: 4096,
    max: 1_048_576,
    default: 32_768,
    unit: "bytes",
    doc: "The largest head of an HTTP request or WebSocket handshake: its path, cookies, token and other headers together. It may have 98 headers, which no setting changes.",
  }),
  bodyLimitBytes: integer({
    min: 1024,
    max: 16_777_216,
    default: 1_048_576,
    unit: "bytes",
    doc: "The largest body of an HTTP request.",
  }),
  connectTimeoutMs: integer({
    min: 100,
    max: 120_000,
    default: 10_000,
    unit: "ms",
    doc: "The time that a WebSocket has to send `connect`.",
  }),
  idleTimeoutMs: integer({
    min: 8000,
    max: 960_000,
    default: 32_000,
    unit: "ms",
    doc: "A WebSocket from which nothing has come for this long, not even the answer to a ping, is closed.",
  }),
  pingIntervalMs: integer({
    min: 1000,
    max: 60_000,
    default: 8000,
    unit: "ms",
    doc: "How often each WebSocket is pinged, so that no proxy closes it: below the 10 s that some allow for silence.",
  }),
  sseKeepaliveMs: integer({
    min: 1000,
    max: 60_000,
    default: 8000,
    unit: "ms",
    doc: "How often each Server-Sent Events stream gets a comment line, so that no proxy closes it: below the 10 s that some allow for silence.",
  }),
  subscriptionsLimit: integer({
    min: 1,
    max: 10_000,
    default: 100,
    doc: "How many videos one connection may watch.",
  }),
  inFlightLimit: integer({
    min: 1,
    max: 10_000,
    default: 100,
    doc: "How many publishes of one connection may wait for their answer.",
  }),
  lingerMs: integer({
    min: 0,
    max: 600_000,
    default: 5000,
    unit: "ms",
    doc: "How long a video's subscription is kept after its last viewer left, so that a page reload costs nothing.",
  }),
  historyWaitMs: integer({
    min: 100,
    max: 60_000,
    default: 5000,
    unit: "ms",
    doc: "The longest wait for the history: of a viewer that asks for the past, and of durable events behind a gap.",
  }),
  historyCheckMs: integer({
    min: 500,
    max: 600_000,
    default: 10_000,
    unit: "ms",
    doc: "How often a quiet video's history is looked at for durable events that did not arrive.",
  }),
  historyCacheBytes: integer({
    min: 1_048_576,
    max: 17_179_869_184,
    default: 134_217_728,
    unit: "bytes",
    doc: "How much memory this gateway may use for the history of the videos that are watched here.",
  }),
  cutOffNoticeMs: integer({
    min: 0,
    max: 600_000,
    default: 5000,
    unit: "ms",
    doc: "How long a gateway is cut off from NATS before it tells its viewers that nothing new comes. It says so to health, and takes nobody new, at once.",
  }),
  cutOffByeMs: integer({
    min: 0,
    max: 3_600_000,
    default: 30_000,
    unit: "ms",
    doc: "How long a gateway is cut off from NATS before it sends its viewers to others, over 10 seconds: longer than a restart of NATS takes.",
  }),
  ...limitSettings,
  ...overloadSettings,
} as const satisfies SettingGroup;

/** What only a dispatcher is told. */
export const dispatcherSettings = {
  opsPort: port({
    default: 9102,
    doc: "The port on which health and metrics are served; 0 takes any free one.",
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
  ...overloadSettings,
} as const satisfies SettingGroup;

/** What only the doctor is told. */
export const doctorSettings = {
  lookAgainMs: integer({
    min: 100,
    max: 60_000,
    default: 3000,
    unit: "ms",
    doc: "The time between the two looks at the table. Only what is wrong at both, unchanged, is told: a table in use is always a little behind.",
  }),
  patienceMs: integer({
    min: 100,
    max: 600_000,
    default: 10_000,
    unit: "ms",
    doc: "How long to wait for NATS to be there.",
  }),
  json: boolean({ default: false, doc: "Prints the findings as JSON instead of text." }),
} as const satisfies SettingGroup;

export type CommonConfig = ConfigOf<typeof commonSettings>;
export type GatewayConfig = CommonConfig & ConfigOf<typeof gatewaySettings>;
export type DispatcherConfig = CommonConfig & ConfigOf<typeof dispatcherSettings>;
export type DoctorConfig = CommonConfig & ConfigOf<typeof doctorSettings>;
