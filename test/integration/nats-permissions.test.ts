/**
 * What the users of deploy/nats/ovation.conf can't do. All other tests show that they can do what they
 * need, and test/attacks/nats-replies.test.ts what they can't have NATS do for them.
 */
import { jetstreamManager } from "@nats-io/jetstream";
import { errors, type NatsConnection } from "nats";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Gateway } from "../../gateway/gateway.ts";
import { NATS_USERS, type NatsUser } from "../../kit/nats/access.ts";
import { Bus } from "../../shared/bus/connection.ts";
import { configFor } from "../../shared/config/load.ts";
import { encodeFanoutMessage } from "../../shared/protocol/fanout-message.ts";
import { frontendSubject } from "../../shared/protocol/subjects.ts";
import { encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import { eventually } from "../support/eventually.ts";
import { connectTo, natsUrlAs } from "../support/nats-users.ts";
import { metric, TestStack } from "../support/stack.ts";
import { post, watch } from "../support/viewer.ts";

let stack: TestStack;
const open: { close(): Promise<void> | void }[] = [];

beforeAll(async () => {
  stack = await TestStack.start();
  const accepted = await post(stack.gateway.port, "kept", { kind: "comment", id: "c-1" });
  expect(accepted.status).toBe(200);
});

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

afterAll(async () => await stack?.stop());

async function connected(user: NatsUser): Promise<NatsConnection> {
  const connection = await connectTo(stack.nats.url, user);
  open.push(connection);
  return connection;
}

/** What NATS refused of the things that `act` does, such as `publish a.b`. */
async function refusalsOf(connection: NatsConnection, act: () => void): Promise<string[]> {
  const refusals: string[] = [];
  const reading = (async () => {
    for await (const status of connection.status()) {
      if (status.type !== "error" || !(status.error instanceof errors.PermissionViolationError))
        continue;
      refusals.push(`${status.error.operation} ${status.error.subject}`);
    }
  })();
  act();
  await connection.flush();
  await connection.close();
  await reading;
  return refusals;
}

const ROLES = NATS_USERS.filter((user) => user !== "admin");
const STREAMS = ["ov_history", "KV_ov_subscriptions", "KV_ov_frontends"];
/** What dispatchers alone write, and gateways read. */
const VIDEO_STREAMS = ["KV_ov_state", "KV_ov_totals", "KV_ov_timeline"];
const NEWER_STREAMS = [
  "KV_ov_kinds",
  ...VIDEO_STREAMS,
  "KV_ov_ended",
  "ov_votes",
  "KV_ov_bans",
  "ov_moderation",
  "KV_ov_shadow",
  "KV_ov_hooks",
  "ov_hook_events",
  "ov_hook_dead",
];
/** Who is banned, what moderators did, and what is hidden from others. */
const MODERATION_STREAMS = ["KV_ov_bans", "ov_moderation", "KV_ov_shadow"];
/** Tickets, actors' spending and what is watched are for gateways alone. */
const OF_GATEWAYS = [
  "ov.watched.other.video",
  "ov.spending.other",
  "ov.gateway.publish.1.video",
  "ov.gateway.retract.1.video",
  "ov.gateway.command.1.video",
  "ov.gateway.command.1.~",
  "$KV.ov_tickets.hash",
  "$JS.API.STREAM.MSG.GET.KV_ov_tickets",
];
/** Only dispatchers create stores, change what is kept of videos, and say who serves what. */
const OF_DISPATCHERS = [
  "ov.dispatching.other",
  ...NEWER_STREAMS.map((stream) => `$JS.API.STREAM.CREATE.${stream}`),
  ...[...VIDEO_STREAMS, "ov_votes"].map((stream) => `$JS.API.STREAM.PURGE.${stream}`),
  "$JS.API.STREAM.MSG.DELETE.ov_votes",
  "$JS.API.STREAM.MSG.GET.ov_votes",
  "$JS.API.STREAM.MSG.GET.KV_ov_ended",
  "$KV.ov_ended.video",
  "$KV.ov_kinds.kinds",
  "$KV.ov_state.video",
  "$KV.ov_totals.video",
  "$KV.ov_timeline.video.1",
  "ov.votes.video.poll",
  "$KV.ov_bans.video.actor",
  "$JS.API.STREAM.MSG.DELETE.KV_ov_bans",
  "ov.moderation.video",
  "$KV.ov_shadow.video.actor",
  "$JS.API.STREAM.PURGE.KV_ov_shadow",
  "$JS.API.STREAM.CREATE.ov_history",
  "$JS.API.STREAM.CREATE.KV_ov_subscriptions",
  "$JS.API.STREAM.CREATE.KV_ov_frontends",
  "$JS.API.STREAM.CREATE.KV_ov_tickets",
  "$JS.API.STREAM.PURGE.ov_hook_events",
];
/** How far webhooks are, what is to be delivered, and what could not be. */
const OF_HOOKS = [
  "$KV.ov_hooks.lease",
  "$KV.ov_hooks.endpoint.default",
  "ov.hook.events.history.video",
  "ov.hook.dead.default",
  ...["KV_ov_hooks", "ov_hook_events", "ov_hook_dead"].map(
    (stream) => `$JS.API.STREAM.MSG.GET.${stream}`,
  ),
  "$JS.API.STREAM.MSG.DELETE.ov_hook_events",
  "$JS.API.STREAM.MSG.DELETE.ov_hook_dead",
  "$JS.API.STREAM.PURGE.ov_hook_dead",
];
const SYSTEM = [
  "$SYS.REQ.SERVER.PING",
  "$JS.API.STREAM.CREATE.other",
  "$JS.API.ACCOUNT.PURGE.OVATION",
  "other.subject",
];
/** What only an observer may ask for. */
const OF_OBSERVERS = [
  "$JS.API.STREAM.NAMES",
  "$JS.API.STREAM.LIST",
  "$JS.API.CONSUMER.NAMES.ov_history",
  "$JS.API.CONSUMER.LIST.ov_history",
];
const ofStreams = (acts: readonly string[], streams: readonly string[] = STREAMS) =>
  streams.flatMap((stream) => acts.map((act) => `$JS.API.${act.replace("*", stream)}`));
const OTHERS_INBOXES = (user: NatsUser) =>
  NATS_USERS.filter((other) => other !== user).map((other) => `_INBOX.${other}.x`);

/** In addition to what no role may do. */
const FORBIDDEN: Readonly<
  Record<
    (typeof ROLES)[number],
    { readonly publish: readonly string[]; readonly subscribe: readonly string[] }
  >
> = {
  gateway: {
    publish: [
      "ov.observe",
      "ov.observed.video",
      "ov.frontend.other.video",
      "ov.history.video",
      "ov.stored.video.1",
      "ov.voted.video.poll.1",
      "ov.erased.video",
      "ov.publish.video",
      "ov.retract.video",
      "ov.command.video",
      "ov.inspect.other",
      "ov.control.other",
      "ov.review.comment",
      "$JS.API.DIRECT.GET.ov_history",
      ...OTHERS_INBOXES("gateway"),
      ...ofStreams(["STREAM.MSG.DELETE.*"], ["ov_history", "KV_ov_frontends"]),
      ...ofStreams(["STREAM.PURGE.*", "CONSUMER.NAMES.*"]),
    ],
    subscribe: [
      "ov.observe",
      "ov.observed.*",
      "ov.publish.*",
      "ov.gateway.publish.*.*",
      "ov.changes.>",
      "ov.changes.ov_subscriptions.>",
      "ov.command.*",
      "ov.gateway.command.*.*",
      "ov.review.*",
      "ov.votes.*.*",
      "ov.count.*.*",
      "ov.retract.*",
      "ov.history.*",
      "ov.stored.*.*",
      "ov.voted.*.*.*",
      "ov.erased.*",
      "ov.watched.*.*",
      "ov.frontend.>",
      "$KV.>",
      ...OTHERS_INBOXES("gateway"),
    ],
  },
  dispatcher: {
    publish: [
      "ov.observe",
      "ov.inspect.other",
      "ov.control.other",
      "ov.count.1.video",
      "_INBOX.dispatcher.x",
      ...OTHERS_INBOXES("dispatcher").filter((inbox) => inbox !== "_INBOX.gateway.x"),
      ...ofStreams(
        ["STREAM.MSG.DELETE.*", "STREAM.PURGE.*"],
        ["KV_ov_subscriptions", "KV_ov_frontends"],
      ),
      ...ofStreams(["CONSUMER.NAMES.*"]),
    ],
    subscribe: [
      "ov.observed.*",
      "ov.publish.*",
      "ov.gateway.publish.*.*",
      "ov.gateway.command.*.*",
      "ov.command.*",
      "ov.retract.video",
      "ov.frontend.*.*",
      "ov.history.*",
      "ov.votes.*.*",
      "ov.changes.>",
      "ov.inspect.*",
      "$KV.>",
      ...OTHERS_INBOXES("dispatcher"),
    ],
  },
  hooks: {
    publish: [
      "ov.publish.video",
      "ov.retract.video",
      "ov.command.video",
      "ov.count.1.video",
      "ov.frontend.other.video",
      "ov.history.video",
      "ov.stored.video.1",
      "ov.voted.video.poll.1",
      "ov.erased.video",
      "ov.settings",
      "ov.inspect.other",
      "ov.review.comment",
      "_R_.x",
      "$KV.ov_subscriptions.video.other",
      "$KV.ov_frontends.other",
      "$JS.API.INFO",
      "$JS.API.DIRECT.GET.KV_ov_bans",
      ...OTHERS_INBOXES("hooks"),
      ...ofStreams(["STREAM.MSG.DELETE.*", "STREAM.PURGE.*"]),
      ...ofStreams(["STREAM.MSG.DELETE.*"], ["KV_ov_hooks"]),
      ...ofStreams(
        ["STREAM.MSG.GET.*"],
        ["KV_ov_frontends", "KV_ov_kinds", "KV_ov_totals", "KV_ov_bans", "KV_ov_shadow"],
      ),
    ],
    subscribe: [
      "ov.>",
      "ov.publish.*",
      "ov.command.*",
      "ov.frontend.*.*",
      "ov.history.*",
      "ov.hook.events.*.*",
      "ov.changes.ov_frontends.>",
      "ov.changes.ov_bans.>",
      "$JS.>",
      "$KV.>",
      ...OTHERS_INBOXES("hooks"),
    ],
  },
  publisher: {
    publish: [
      "ov.observe",
      "ov.observed.video",
      "ov.inspect.other",
      "ov.control.other",
      "ov.review.comment",
      "$JS.API.DIRECT.GET.KV_ov_bans",
      "ov.inspect.all-dispatchers",
      "ov.count.1.video",
      "ov.frontend.other.video",
      "ov.history.video",
      "ov.stored.video.1",
      "ov.voted.video.poll.1",
      "ov.erased.video",
      "$KV.ov_subscriptions.video.other",
      "$KV.ov_frontends.other",
      "$JS.API.INFO",
      // The partition is not theirs to choose.
      "ov.publish.1.video",
      ...OTHERS_INBOXES("publisher"),
      ...ofStreams(
        ["STREAM.INFO.*", "STREAM.MSG.GET.*"],
        ["KV_ov_kinds", ...VIDEO_STREAMS, ...MODERATION_STREAMS],
      ),
      ...ofStreams(["STREAM.INFO.*", "STREAM.MSG.GET.*", "STREAM.MSG.DELETE.*", "STREAM.PURGE.*"]),
    ],
    subscribe: [
      "ov.observe",
      "ov.observed.*",
      "ov.>",
      "ov.publish.*",
      "ov.frontend.*.*",
      "ov.command.*",
      "ov.changes.ov_kinds.>",
      "ov.changes.ov_ended.>",
      "ov.changes.ov_bans.>",
      "$JS.>",
      "$KV.>",
      ...OTHERS_INBOXES("publisher"),
    ],
  },
  observer: {
    publish: [
      "ov.observed.video",
      "ov.publish.video",
      "ov.review.comment",
      "$JS.API.DIRECT.GET.KV_ov_bans",
      "ov.count.1.video",
      "ov.retract.video",
      "ov.command.video",
      "ov.frontend.other.video",
      "ov.history.video",
      "ov.stored.video.1",
      "ov.voted.video.poll.1",
      "ov.erased.video",
      "$KV.ov_subscriptions.video.other",
      "$KV.ov_frontends.other",
      ...OTHERS_INBOXES("observer"),
      ...ofStreams(["STREAM.MSG.DELETE.*", "STREAM.PURGE.*"]),
      ...ofStreams(["STREAM.MSG.GET.*"], ["ov_history", ...VIDEO_STREAMS, ...MODERATION_STREAMS]),
    ],
    subscribe: [
      "ov.observe",
      "ov.publish.*",
      "ov.retract.*",
      "ov.command.*",
      "ov.review.*",
      "ov.history.*",
      "ov.stored.*.*",
      "ov.voted.*.*.*",
      "ov.erased.*",
      "ov.watched.*.*",
      ...OTHERS_INBOXES("observer"),
    ],
  },
  consumer: {
    publish: [
      "ov.observe",
      "ov.observed.video",
      "ov.publish.video",
      "ov.review.comment",
      "ov.count.1.video",
      "ov.retract.video",
      "ov.command.video",
      "ov.settings",
      "ov.inspect.other",
      "ov.control.other",
      "ov.frontend.other.video",
      "ov.history.video",
      "ov.stored.video.1",
      "ov.voted.video.poll.1",
      "ov.erased.video",
      "$KV.ov_subscriptions.video.other",
      "$KV.ov_frontends.other",
      "$JS.API.INFO",
      "$JS.API.CONSUMER.INFO.ov_history.x",
      "$JS.API.CONSUMER.MSG.NEXT.ov_history.x",
      "$JS.API.CONSUMER.DELETE.ov_history.x",
      "$JS.ACK.ov_history.x.1.1.1.1.1",
      ...OTHERS_INBOXES("consumer"),
      ...ofStreams(["STREAM.MSG.DELETE.*", "STREAM.PURGE.*"]),
      ...ofStreams(["STREAM.INFO.*", "STREAM.MSG.GET.*"], STREAMS.slice(1)),
      ...ofStreams(["STREAM.INFO.*", "STREAM.MSG.GET.*"], NEWER_STREAMS),
    ],
    subscribe: [
      "ov.observe",
      "ov.observed.*",
      "ov.>",
      "ov.publish.*",
      "ov.frontend.*.*",
      "ov.command.*",
      "ov.review.*",
      "ov.history.*",
      "ov.voted.*.*.*",
      "ov.erased.*",
      "ov.changes.>",
      "$JS.>",
      "$KV.>",
      ...OTHERS_INBOXES("consumer"),
    ],
  },
  // In an account without streams, it takes servers out of the cluster, and does nothing else there.
  system: {
    publish: [
      "ov.publish.video",
      "ov.command.video",
      "$SYS.REQ.SERVER.PING.VARZ",
      "$SYS.REQ.SERVER.x.RELOAD",
      "$SYS.REQ.CLAIMS.UPDATE",
      "$JS.API.INFO",
      "$JS.API.META.LEADER.STEPDOWN",
      "$JS.API.ACCOUNT.STREAM.MOVE.STORE.ov_history",
      "$JS.API.ACCOUNT.PURGE.STORE",
      ...OTHERS_INBOXES("system"),
    ],
    subscribe: ["ov.>", "$JS.>", "$KV.>", "$SYS.ACCOUNT.>", ...OTHERS_INBOXES("system")],
  },
};

describe.each(ROLES)("the user %s", (user) => {
  test("can publish nothing that it doesn't need to", async () => {
    const connection = await connected(user);
    const ofAll = [
      ...SYSTEM,
      "$JS.API.STREAM.DELETE.KV_ov_tickets",
      "$JS.API.STREAM.PURGE.KV_ov_tickets",
      "$JS.API.CONSUMER.CREATE.KV_ov_tickets",
      "$JS.API.DIRECT.GET.KV_ov_tickets.$KV.ov_tickets.hash",
      ...ofStreams([
        "STREAM.DELETE.*",
        "STREAM.UPDATE.*",
        "STREAM.SNAPSHOT.*",
        "STREAM.RESTORE.*",
        "CONSUMER.CREATE.*",
        "CONSUMER.CREATE.*.x.y",
        "CONSUMER.DURABLE.CREATE.*.x",
        "DIRECT.GET.*.x",
      ]),
      ...ofStreams(
        ["STREAM.DELETE.*", "STREAM.UPDATE.*", "CONSUMER.CREATE.*", "DIRECT.GET.*.x"],
        NEWER_STREAMS,
      ),
      "$JS.API.STREAM.PURGE.KV_ov_kinds",
      "$JS.API.STREAM.PURGE.KV_ov_ended",
      "$JS.API.STREAM.PURGE.KV_ov_bans",
      "$JS.API.STREAM.PURGE.ov_moderation",
      "$JS.API.STREAM.MSG.DELETE.ov_moderation",
    ];
    const ofGateways = user === "gateway" ? [] : OF_GATEWAYS;
    const ofDispatchers = user === "dispatcher" ? [] : OF_DISPATCHERS;
    const ofHooks = user === "hooks" ? [] : OF_HOOKS;
    const ofObservers = user === "observer" ? [] : OF_OBSERVERS;
    const subjects = [
      ...ofAll,
      ...ofGateways,
      ...ofDispatchers,
      ...ofHooks,
      ...ofObservers,
      ...FORBIDDEN[user].publish,
    ];
    const refused = await refusalsOf(connection, () => {
      for (const subject of subjects) connection.publish(subject);
    });
    expect(refused).toEqual(subjects.map((subject) => `publish ${subject}`));
  });

  test("can subscribe to nothing that it doesn't need to", async () => {
    const connection = await connected(user);
    const ofGateways = user === "gateway" ? [] : ["ov.spending.*", "ov.inspect.*", "ov.control.*"];
    const ofDispatchers = user === "dispatcher" ? [] : ["ov.dispatching.*"];
    const subjects = [
      ">",
      "_INBOX.>",
      "_INBOX.*",
      "$SYS.>",
      "$KV.ov_tickets.*",
      ...ofGateways,
      ...ofDispatchers,
      ...FORBIDDEN[user].subscribe,
    ];
    const refused = await refusalsOf(connection, () => {
      for (const subject of subjects) connection.subscribe(subject, { callback: () => undefined });
    });
    expect(refused).toEqual(subjects.map((subject) => `subscription ${subject}`));
  });

  test("can't delete, update or empty the history or the table", async () => {
    const manager = await jetstreamManager(await connected(user), {
      checkAPI: false,
      timeout: 500,
    });
    const streams = user === "dispatcher" ? STREAMS.slice(1) : STREAMS;
    for (const stream of STREAMS) {
      await expect(manager.streams.delete(stream)).rejects.toThrow();
      await expect(manager.streams.update(stream, { max_msgs: 1 })).rejects.toThrow();
    }
    for (const stream of streams) await expect(manager.streams.purge(stream)).rejects.toThrow();
    const admin = await jetstreamManager(await connected("admin"));
    expect((await admin.streams.info("ov_history")).state.messages).toBeGreaterThan(0);
    expect((await admin.streams.info("KV_ov_frontends")).state.messages).toBeGreaterThan(0);
  });
});

describe("a gateway's user that makes NATS send for it", () => {
  /** A like encoded as a dispatcher would send it. */
  function forged(id: string): Buffer {
    const bytes = encodeMsgpack({ id, kind: "like", video: "forged", at: 0 });
    return encodeFanoutMessage([
      { kind: "like", deliveryClass: "transient", bytes, repeatKey: id },
    ]);
  }

  test("can't forge what viewers of another gateway see", async () => {
    const { gateway } = stack;
    const viewer = await watch("json", gateway.port, "forged");
    open.push(viewer);
    await stack.mirrored("forged", 1);
    const connection = await connected("gateway");
    const to = frontendSubject(gateway.id, "forged");
    const unreadable = "ovation_gateway_messages_unreadable_total";
    const before = await metric(gateway, unreadable);

    // By the answers to a write and to a read of its own lease.
    connection.publish("$KV.ov_frontends.forger", forged("by-answer"), { reply: to });
    const newest = JSON.stringify({ last_by_subj: "$KV.ov_frontends.forger" });
    connection.publish("$JS.API.STREAM.MSG.GET.KV_ov_frontends", newest, { reply: to });
    await eventually(async () => (await metric(gateway, unreadable)) >= before + 2);
    const { status } = await post(gateway.port, "forged", { kind: "like", id: "sound" });
    expect(status).toBe(200);
    await viewer.until(() => viewer.of("forged", "like").some(({ id }) => id === "sound"));
    expect(viewer.of("forged", "like").map(({ id }) => id)).toEqual(["sound"]);
  });

  test("can't store among a video's comments; and what the admin stores there doesn't stop them", async () => {
    const { port } = stack.gateway;
    const publish = async (id: string) => await post(port, "muddied", { kind: "comment", id });
    expect((await publish("c-1")).status).toBe(200);
    const viewer = await watch("json", port, "muddied");
    open.push(viewer);
    const admin = await jetstreamManager(await connected("admin"));
    const stored = async () => {
      const request = { last_by_subj: "ov.history.muddied" };
      return (await admin.streams.getMessage("ov_history", request))?.string() ?? "";
    };
    const connection = await connected("gateway");
    const before = await stored();
    connection.publish("$JS.API.STREAM.INFO.ov_history", "", { reply: "ov.history.muddied" });
    await connection.request("$JS.API.STREAM.INFO.ov_history");
    expect(await stored()).toBe(before);
    await (await connected("admin")).request("ov.history.muddied", "{}");
    await eventually(async () => (await publish("c-2")).status === 200);
    await viewer.until(() => viewer.of("muddied", "comment").some(({ id }) => id === "c-2"));
    const history = await fetch(`http://127.0.0.1:${port}/v1/videos/muddied/history?limit=10`);
    const { events } = (await history.json()) as { events: { id: string }[] };
    expect(events.map(({ id }) => id)).toEqual(["c-1", "c-2"]);
  });

  test("can't direct a dispatcher's reply to a subject on which only dispatchers send", async () => {
    const admin = await connected("admin");
    const seen: string[] = [];
    admin.subscribe("ov.frontend.other.video", {
      callback: (_error, { subject }) => void seen.push(subject),
    });
    await admin.flush();
    const connection = await connected("gateway");
    connection.publish("ov.gateway.publish.1.video", "x", { reply: "ov.frontend.other.video" });
    const [dispatcher] = stack.dispatchers;
    const misdirected = "ovation_dispatcher_answers_misdirected_total";
    await eventually(
      async () => dispatcher !== undefined && (await metric(dispatcher, misdirected)) === 1,
    );
    await admin.flush();
    expect(seen).toEqual([]);
  });
});

describe("the observer", () => {
  test("lists the streams, their consumers and their descriptions", async () => {
    const manager = await jetstreamManager(await connected("observer"), { checkAPI: false });
    const described = new Map<string, string | undefined>();
    for await (const { config } of manager.streams.list()) {
      described.set(config.name, config.description);
    }
    for (const name of ["ov_history", "KV_ov_subscriptions", "KV_ov_frontends"]) {
      expect([name, described.get(name)]).toEqual([name, expect.stringMatching(/^Ovation: /)]);
      const { state } = await manager.streams.info(name);
      expect(state.messages).toBeGreaterThanOrEqual(0);
      expect(await manager.consumers.list(name).next()).toBeInstanceOf(Array);
    }
  });
});

describe("without a login", () => {
  test("nobody can connect", async () => {
    const connecting = Bus.connect({ servers: [stack.nats.url], name: "nobody", log: silentLog });
    await expect(connecting).rejects.toThrow("NATS does not accept our login");
  });
});

describe("an operation that is not permitted", () => {
  test("is counted, and nothing is sent", async () => {
    const admin = await connected("admin");
    const seen: string[] = [];
    // Others are sent what is published meanwhile.
    admin.subscribe("ov.frontend.other.*", {
      callback: (_error, { subject }) => void seen.push(subject),
    });
    await admin.flush();
    const bus = await Bus.connect({
      servers: [natsUrlAs("gateway", stack.nats.url)],
      inbox: "gateway",
      name: "forger",
      log: silentLog,
    });
    open.push({ close: () => bus.stop() });
    for (let count = 0; count < 3; count += 1)
      bus.publish("ov.frontend.other.video", Buffer.from("x"));
    await bus.flush();
    await admin.flush();
    expect(bus.violations.count).toBe(3);
    expect(seen).toEqual([]);
  });

  test("but needed keeps a role from starting, and the error says what is missing", async () => {
    const config = configFor("gateway", {
      natsUrl: [natsUrlAs("observer", stack.nats.url)],
      host: "127.0.0.1",
      port: 0,
      opsPort: 0,
    });
    const gateway = new Gateway("aaaaaaaaaaaaaaaa", config, silentLog);
    await expect(gateway.start()).rejects.toThrow(
      /NATS does not permit us to .* see deploy\/nats\/ovation.conf/,
    );
    await gateway.stop();
  });

  test("is never done by a gateway or dispatcher", async () => {
    for (const node of [...stack.gateways, ...stack.dispatchers]) {
      expect(await metric(node, "ovation_bus_permission_violations_total")).toBe(0);
    }
  });
});
