import { authSettings } from "./auth-settings.ts";
import { basePath } from "./base-path.ts";
import { limitSettings } from "./limit-settings.ts";
import { overloadSettings } from "./overload-settings.ts";
import { boolean, integer, optionalText, port, type SettingGroup, text } from "./setting.ts";

/** Settings of the gateway alone. */
export const gatewaySettings = {
  ...authSettings,
  opsPort: port({
    default: 9101,
    doc: "The port on which health and metrics are served; 0 picks a free one.",
  }),
  host: text({
    default: "::",
    doc: "The addresses on which viewers and publishers connect, separated by commas. `::` stands for all addresses of the machine, IPv6 and IPv4, or only IPv4 where there is no IPv6.",
  }),
  port: port({
    default: 8080,
    doc: "The port on which viewers and publishers connect; 0 picks a free one.",
  }),
  basePath: basePath({
    doc: "The prefix of all paths of the API and the page, for a proxy that forwards requests below a path unchanged: with `/live`, viewers connect to `/live/v1/connect`, and the client's URL ends in `/live`. The paths of health and metrics don't change.",
  }),
  sharePort: boolean({
    default: false,
    doc: "Lets several gateway processes of one machine listen on the same port (SO_REUSEPORT).",
  }),
  tlsCertFile: optionalText({
    doc: "The certificate with its intermediate certificates, in PEM: the gateway then accepts only TLS 1.2 or later. The files are read again when they change and on SIGHUP; open connections stay. When unset, terminate TLS in front of the gateway.",
  }),
  tlsKeyFile: optionalText({ doc: "The certificate's key, in PEM and without a passphrase." }),
  address: optionalText({
    doc: "The address of this gateway that its lease shows to others. When unset, the host's name and the port.",
  }),
  pageDir: optionalText({
    doc: "A folder whose files are served at the paths that the API does not use, `index.html` at `/`. They are read once, at the start. When unset, no page is served.",
  }),
  pagePolicy: text({
    default:
      "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    doc: "The `Content-Security-Policy` that the page's files are served with.",
  }),
  clientDir: optionalText({
    doc: "The folder with the client for browsers, which is served at `/v1/ovation.js` (docs/elements.md). `node deploy/client/build.ts FOLDER` makes it; the image has it in `/app/client`, and uses it. When unset, no client is served.",
  }),
  authorsDelete: boolean({
    default: true,
    doc: "Whether an actor may delete its own durable events without the scope `moderate`.",
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
    default: 33,
    unit: "ms",
    doc: "The shortest time between two frames of a video with many viewers. The first event after a pause is sent at once nevertheless.",
  }),
  frameIntervalViewers: integer({
    min: 0,
    max: 1_000_000,
    default: 1000,
    doc: "How many viewers of a video at this gateway are many: with fewer, only a busy gateway makes frames wait.",
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
    doc: "The largest number of events in one frame. When more arrive, the frame carries a sample of them and the exact counts.",
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
    doc: "How much data may wait for one slow viewer before events are dropped for it.",
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
    doc: "The largest head of an HTTP request or WebSocket handshake: path, cookies, token and other headers together. The limit of 98 headers is fixed.",
  }),
  bodyLimitBytes: integer({
    min: 1024,
    max: 16_777_216,
    default: 1_048_576,
    unit: "bytes",
    doc: "The largest body of an HTTP request of a backend: one with an API key, or a token with `any-actor`.",
  }),
  viewerBodyLimitBytes: integer({
    min: 1024,
    max: 16_777_216,
    default: 65_536,
    unit: "bytes",
    doc: "The largest body of anybody else's HTTP request, and of every one at an open gateway. The default holds any event, and a list of a thousand likes.",
  }),
  connectTimeoutMs: integer({
    min: 100,
    max: 120_000,
    default: 10_000,
    unit: "ms",
    doc: "How long a new WebSocket may take to send `connect`.",
  }),
  idleTimeoutMs: integer({
    min: 8000,
    max: 960_000,
    default: 32_000,
    unit: "ms",
    doc: "How long a WebSocket may be silent, without even a pong, before it is closed.",
  }),
  pingIntervalMs: integer({
    min: 1000,
    max: 60_000,
    default: 8000,
    unit: "ms",
    doc: "How often each WebSocket is pinged, so that no proxy closes it: shorter than the 10 s of silence that some proxies allow.",
  }),
  sseKeepaliveMs: integer({
    min: 1000,
    max: 60_000,
    default: 8000,
    unit: "ms",
    doc: "How often each Server-Sent Events stream gets a comment line, so that no proxy closes it: shorter than the 10 s of silence that some proxies allow.",
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
    doc: "How many publishes of one connection may wait for an answer.",
  }),
  lingerMs: integer({
    min: 0,
    max: 600_000,
    default: 5000,
    unit: "ms",
    doc: "How long a video's subscription is kept after its last viewer left, so that a page reload costs nothing.",
  }),
  viewerReportsOneIn: integer({
    min: 0,
    max: 1_000_000,
    default: 100,
    doc: "Of so many WebSockets, one is asked to report what its viewer gets: how long events take to the screen, what is lost, how often it reconnects. 1 asks all of them, 0 nobody.",
  }),
  viewerReportsIntervalMs: integer({
    min: 1000,
    max: 3_600_000,
    default: 60_000,
    unit: "ms",
    doc: "How often such a viewer reports.",
  }),
  historyWaitMs: integer({
    min: 100,
    max: 60_000,
    default: 5000,
    unit: "ms",
    doc: "The longest wait for the history: by a viewer that requests past events, and by durable events behind a gap.",
  }),
  historyCheckMs: integer({
    min: 500,
    max: 600_000,
    default: 10_000,
    unit: "ms",
    doc: "How often a quiet video's history is checked for durable events that did not arrive.",
  }),
  historyCacheBytes: integer({
    min: 1_048_576,
    max: 17_179_869_184,
    default: 134_217_728,
    unit: "bytes",
    doc: "How much memory this gateway may use for the history of the videos that its viewers watch.",
  }),
  cutOffNoticeMs: integer({
    min: 0,
    max: 600_000,
    default: 5000,
    unit: "ms",
    doc: "How long a gateway is cut off from NATS before it notifies its viewers that nothing new arrives. Its health reports it, and it refuses new viewers, at once.",
  }),
  cutOffByeMs: integer({
    min: 0,
    max: 3_600_000,
    default: 30_000,
    unit: "ms",
    doc: "How long a gateway is cut off from NATS before it moves its viewers to other gateways, spread over 10 seconds. Keep it longer than a restart of NATS takes.",
  }),
  ...limitSettings,
  ...overloadSettings,
} as const satisfies SettingGroup;
