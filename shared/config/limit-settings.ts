import { hostList, networkList, originList } from "./network-lists.ts";
import { integer, type SettingGroup } from "./setting.ts";

/** A gateway's limits: who may connect, how many, and how much each may request. */
export const limitSettings = {
  allowedOrigins: originList({
    default: ["same-origin"],
    doc: "The web pages that may use the API, by the `Origin` that a browser sends. `same-origin` stands for pages whose host and port are those of the request, `null` for pages without an origin, `*` for all; `https://*.example.com` for all hosts below a domain, but not for the domain itself. A request without `Origin` doesn't come from a browser and is admitted.",
  }),
  allowedHosts: hostList({
    doc: "The hosts that requests may name in `Host`, besides addresses, `localhost` and the hosts of the allowed origins; the port doesn't matter. `*.example.com` stands for all hosts below a domain, `*` for all. When unset, a gateway with keys answers any host, but one with `--open` no others: otherwise a page of any name could publish, by making its name resolve to the gateway's address.",
  }),
  trustedProxies: networkList({
    doc: "The proxies in front of the gateway. `X-Forwarded-For` is trusted only from them: the last address in it that isn't a trusted proxy is the client's. When unset, the header is ignored, and all clients behind a proxy count as one.",
  }),
  connectionsLimit: integer({
    min: 1,
    max: 10_000_000,
    default: 50_000,
    doc: "How many viewers a gateway holds, over WebSocket and Server-Sent Events together. Each takes a file descriptor: keep `ulimit -n` 256 above the sum of this and `http-connections-limit`. Where it is lower, the gateway logs that at its start, and lowers both limits.",
  }),
  eventStreamsLimit: integer({
    min: 1,
    max: 10_000_000,
    default: 20_000,
    doc: "How many of them may use Server-Sent Events, which cost a gateway more than WebSockets do.",
  }),
  httpConnectionsLimit: integer({
    min: 100,
    max: 10_000_000,
    default: 10_000,
    doc: "How many further connections a gateway holds: those that have sent nothing yet, carry an HTTP request, or are kept open after one. A connection beyond both limits is closed at once.",
  }),
  clientSharePercent: integer({
    min: 1,
    max: 100,
    default: 25,
    doc: "The largest part, in percent, of what a gateway holds for all clients that one client may take: of `connections-limit`, `http-connections-limit`, `event-streams-limit`, `connections-per-second` and `bodies-limit-bytes` by its address, of `videos-limit`, `new-videos-per-second` and the tickets for event streams by its actor, or else its address. At least 100 of each in any case; of the two rates, a tenth of a second's worth, or 100, may come at once. All actors of one address together get twice that part of videos and tickets. A trusted proxy's connections have no share.",
  }),
  videosLimit: integer({
    min: 1,
    max: 10_000_000,
    default: 100_000,
    doc: "How many videos a gateway holds: those with viewers, and for a while those that had some. Beyond the limit, videos without viewers are dropped at once, and then further ones are refused.",
  }),
  newVideosPerSecond: integer({
    min: 1,
    max: 1_000_000,
    default: 400,
    doc: "How many new videos a gateway takes each second; as many as it may hold may come at once. Each costs NATS about a kilobyte of memory, until a minute after the gateway drops it.",
  }),
  bodiesLimitBytes: integer({
    min: 1_048_576,
    max: 17_179_869_184,
    default: 67_108_864,
    unit: "bytes",
    doc: "How much memory the bodies of all HTTP requests in progress may take; beyond it they are refused.",
  }),
  connectionsPerAddress: integer({
    min: 1,
    max: 10_000_000,
    default: 5000,
    doc: "How many viewers may connect from one client address (an IPv6 /64 network counts as one), if its share is not smaller: enough for a campus or a mobile network that shares one.",
  }),
  connectionsPerSecond: integer({
    min: 1,
    max: 10_000_000,
    default: 5000,
    doc: "How many viewers a gateway admits per second, with bursts of one second's worth; the answer to others says when to retry. The default is what a gateway takes on one core in the bench's `connect-storm`. Gateways share this number, and one that drains moves its viewers at no more than half of the others' total rate.",
  }),
  requestsPerSecond: integer({
    min: 1,
    max: 1_000_000,
    default: 50,
    doc: "How many messages a WebSocket may send per second, pings and pongs included; five seconds' worth may come at once. A WebSocket that keeps sending after as many again were refused is closed.",
  }),
  clientMessagesPerSecond: integer({
    min: 1,
    max: 1_000_000,
    default: 200,
    doc: "How many messages one actor may send per second over all its WebSockets at one gateway; five seconds' worth may come at once. Refused ones count ten times for their WebSocket, so that one that goes on is closed. An address without an actor, which many viewers may share, may send ten times as many, and so may all its WebSockets together before their `connect`; a backend a hundred times.",
  }),
  connectionPublishesPerSecond: integer({
    min: 1,
    max: 1_000_000,
    default: 20,
    doc: "How many events a WebSocket may publish per second; five seconds' worth may come at once.",
  }),
  actorPublishesPerSecond: integer({
    min: 1,
    max: 1_000_000,
    default: 20,
    doc: "How many events one actor may publish per second over all its WebSockets at all gateways; five seconds' worth may come at once.",
  }),
  addressPublishesPerSecond: integer({
    min: 10,
    max: 1_000_000,
    default: 200,
    doc: "How many events may be published per second from one client address (an IPv6 /64 network counts as one), over all wires and gateways, by those who have neither an actor nor the scope `any-actor`: everyone, with `--open`. Five seconds' worth may come at once. An event that isn't transient, such as a comment, counts as ten. The default is for a school or an office whose viewers share one address.",
  }),
  likesPerSecond: integer({
    min: 1,
    max: 1_000_000,
    default: 10,
    doc: "How many transient events, such as likes, one actor may publish per second on one video; five seconds' worth may come at once. A WebSocket without an actor counts as one.",
  }),
  httpPublishesPerSecond: integer({
    // Five seconds' worth must cover the largest list of events.
    min: 200,
    max: 10_000_000,
    default: 20_000,
    doc: "How many events one backend, by its actor or else its address, may publish per second over HTTP; five seconds' worth may come at once.",
  }),
  httpRequestsPerSecond: integer({
    min: 1,
    max: 1_000_000,
    default: 100,
    doc: "How many HTTP requests one actor may send per second, whatever becomes of them; five seconds' worth may come at once. It leaves room for a viewer that polls at every frame. An address without an actor, which many viewers may share, may send ten times as many, and so may all requests from it whose token is not verified yet or is refused; a backend (an API key, or a token with `any-actor`) may send a hundred times as many.",
  }),
  requestBytesPerSecond: integer({
    min: 1024,
    max: 1_000_000_000,
    default: 262_144,
    doc: "How many bytes one actor may send per second in bodies of HTTP requests and in WebSocket messages of more than 2 KiB; five seconds' worth may come at once, and so may one larger body. They are charged before they are decoded; each value in a body counts as 8 more bytes, about the time that decoding it takes. An address without an actor may send ten times as many, and a backend a hundred times.",
  }),
  historyBytesPerSecond: integer({
    min: 1024,
    max: 1_000_000_000,
    default: 1_048_576,
    doc: "How many bytes of past events one actor may get per second: from `GET …/history`, and with `last` or `after` over WebSocket and event streams together; five seconds' worth may come at once, and so may one larger answer. By default, that is five whole histories. A page of a video that nobody watches counts as all that is read for it. An address without an actor may get ten times as many, and a backend a hundred times.",
  }),
  deletesPerSecond: integer({
    min: 1,
    max: 1_000_000,
    default: 50,
    doc: "How many events one moderator, by its actor or else its address, may delete per second; five seconds' worth may come at once. An id that the history doesn't have costs the same.",
  }),
  commandsPerSecond: integer({
    min: 1,
    max: 1_000_000,
    default: 50,
    doc: "How many commands, such as setting totals, one moderator, by its actor or else its address, may send per second; five seconds' worth may come at once.",
  }),
  historyReadsPerSecond: integer({
    min: 1,
    max: 1_000_000,
    default: 100,
    doc: "How many pages of history one client, by its actor or else its address, may read per second over HTTP; five seconds' worth may come at once.",
  }),
  limitedClientsKept: integer({
    min: 100,
    max: 10_000_000,
    default: 100_000,
    doc: "How many actors, and how many addresses, a gateway tracks for these limits. Beyond it, those that used the least are dropped first.",
  }),
  bodyTimeoutMs: integer({
    min: 100,
    max: 600_000,
    default: 10_000,
    unit: "ms",
    doc: "The time within which the whole body of an HTTP request must arrive.",
  }),
} as const satisfies SettingGroup;
