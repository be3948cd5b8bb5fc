import { networkList, originList } from "./network-lists.ts";
import { integer, type SettingGroup } from "./setting.ts";

/** What a gateway lets pass: who may come, how many, and how much each may ask for. */
export const limitSettings = {
  allowedOrigins: originList({
    default: ["same-origin"],
    doc: "The web pages that may use the API, by the `Origin` that a browser sends. `same-origin` stands for pages whose host and port are those of the request, `null` for pages without an origin, `*` for all; `https://*.example.com` for all hosts below a domain, but not for the domain itself. What sends no `Origin` is no browser and is let in.",
  }),
  trustedProxies: networkList({
    doc: "The proxies before the gateway. Only what they say in `X-Forwarded-For` is believed: the last address in it that is no trusted proxy is the client's. When unset, the header is not looked at, and everybody behind a proxy counts as one client.",
  }),
  connectionsLimit: integer({
    min: 1,
    max: 10_000_000,
    default: 50_000,
    doc: "How many viewers a gateway holds, over WebSocket and Server-Sent Events together. Each is a file to the system: see that `ulimit -n` is above it.",
  }),
  eventStreamsLimit: integer({
    min: 1,
    max: 10_000_000,
    default: 20_000,
    doc: "How many of them may be over Server-Sent Events, which cost a gateway more than WebSockets do.",
  }),
  videosLimit: integer({
    min: 1,
    max: 10_000_000,
    default: 100_000,
    doc: "How many videos a gateway holds: those that are watched, and for a while those that were. Beyond it those that nobody watches are let go at once, and then a further one is refused.",
  }),
  newVideosPerSecond: integer({
    min: 1,
    max: 1_000_000,
    default: 1000,
    doc: "How many videos that were not held may be watched newly at a gateway each second; as many as it may hold may come at once. Each costs NATS about a kilobyte of memory, until a minute after it is let go of.",
  }),
  bodiesLimitBytes: integer({
    min: 1_048_576,
    max: 17_179_869_184,
    default: 67_108_864,
    unit: "bytes",
    doc: "How much memory the bodies of HTTP requests may take together until they are answered; beyond it they are refused.",
  }),
  connectionsPerAddress: integer({
    min: 1,
    max: 10_000_000,
    default: 5000,
    doc: "How many viewers may come from one client address (an IPv6 network of 64 bits counts as one): enough for a campus or a mobile network that share one.",
  }),
  connectionsPerSecond: integer({
    min: 1,
    max: 10_000_000,
    default: 5000,
    doc: "How many viewers a gateway lets in a second, a second's worth at once; others are told when to come again. The default is what the bench's `connect-storm` shows a gateway to take on one core. The gateways tell each other, and one that is drained sends its viewers away no faster than at half of what the others take together.",
  }),
  requestsPerSecond: integer({
    min: 1,
    max: 1_000_000,
    default: 50,
    doc: "How many messages a WebSocket may send a second, pings included; five seconds' worth may come at once. Who sends on although as many again were refused is closed.",
  }),
  connectionPublishesPerSecond: integer({
    min: 1,
    max: 1_000_000,
    default: 20,
    doc: "How many events a WebSocket may publish a second; five seconds' worth may come at once.",
  }),
  actorPublishesPerSecond: integer({
    min: 1,
    max: 1_000_000,
    default: 20,
    doc: "How many events one actor may publish a second over all its WebSockets at all gateways; five seconds' worth may come at once.",
  }),
  likesPerSecond: integer({
    min: 1,
    max: 1_000_000,
    default: 10,
    doc: "How many transient events, such as likes, one actor may publish a second on one video; five seconds' worth may come at once. A WebSocket without an actor counts as one.",
  }),
  httpPublishesPerSecond: integer({
    // Five seconds' worth must hold the largest list of events that may come.
    min: 200,
    max: 10_000_000,
    default: 20_000,
    doc: "How many events one backend may publish a second over HTTP, by its actor or else its address; five seconds' worth may come at once.",
  }),
  historyReadsPerSecond: integer({
    min: 1,
    max: 1_000_000,
    default: 100,
    doc: "How many pages of history one client may read a second over HTTP, by its actor or else its address; five seconds' worth may come at once.",
  }),
  limitedClientsKept: integer({
    min: 100,
    max: 10_000_000,
    default: 100_000,
    doc: "How many actors, and how many addresses, a gateway keeps account of for these limits. Beyond it, those that have used least are forgotten first.",
  }),
  bodyTimeoutMs: integer({
    min: 100,
    max: 600_000,
    default: 10_000,
    unit: "ms",
    doc: "The time in which the body of an HTTP request must be there in full.",
  }),
} as const satisfies SettingGroup;
