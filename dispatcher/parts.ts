/** The parts of a dispatcher, and how they fit together. */
import { Bucket } from "../shared/bus/bucket.ts";
import { HistoryStream } from "../shared/bus/history-stream.ts";
import { TombstoneReaper } from "../shared/bus/tombstone-reaper.ts";
import type { DispatcherConfig } from "../shared/config/settings.ts";
import { Bans } from "../shared/moderation/bans.ts";
import { frontendsBucket, subscriptionsBucket } from "../shared/protocol/buckets.ts";
import { commonSettingsOf } from "../shared/protocol/common-settings.ts";
import { decodeLease } from "../shared/protocol/table.ts";
import { VideoPatterns } from "../shared/protocol/video-patterns.ts";
import { Hop, HopClock } from "../shared/runtime/hops.ts";
import { monotonicNow } from "../shared/runtime/lifecycle.ts";
import { LiveKinds, registerKinds } from "../shared/runtime/live-kinds.ts";
import type { Condition } from "../shared/runtime/ops.ts";
import type { RoleContext, RoleParts } from "../shared/runtime/role-parts.ts";
import { SettingsPeers } from "../shared/runtime/settings-peers.ts";
import { type CommandHandlers, Commands } from "./commands/commands.ts";
import { kindsCommands } from "./commands/kinds.ts";
import { CountHandler } from "./count-handler.ts";
import { Erasure } from "./erasure/erasure.ts";
import { Fanout } from "./fanout.ts";
import { History } from "./history/history.ts";
import { registerDispatcherMetrics } from "./metrics.ts";
import { BanKeeper } from "./moderation/ban-keeper.ts";
import { ModerationLog } from "./moderation/moderation-log.ts";
import { Pins } from "./moderation/pins.ts";
import { putRules } from "./moderation/put-rules.ts";
import { Retractions } from "./moderation/retractions.ts";
import { Shadows } from "./moderation/shadows.ts";
import { DispatcherOverload } from "./overload.ts";
import { PublishHandler } from "./publish-handler.ts";
import { QueueGroup } from "./queue-group.ts";
import { Replies } from "./replies.ts";
import { RetractHandler } from "./retract-handler.ts";
import { askOverHttp, askOverNats, type HttpReviewer } from "./review/ask.ts";
import { ReviewGate } from "./review/gate.ts";
import { Review } from "./review/review.ts";
import { endVideo } from "./state/end-video.ts";
import { EndedVideos } from "./state/ended-videos.ts";
import { VideoStates } from "./state/video-states.ts";
import { Stores } from "./stores/stores.ts";
import { Announced } from "./table/announced.ts";
import { ViewerCounts } from "./table/counts.ts";
import { Leases } from "./table/leases.ts";
import { Mirror } from "./table/mirror.ts";
import { mostViewed } from "./table/most-viewed.ts";
import type { RouteTable } from "./table/routes.ts";
import { SettingsStatement } from "./table/settings-statement.ts";
import { Sweeper } from "./table/sweep.ts";
import { EventCounts } from "./totals/event-counts.ts";
import { setTotals } from "./totals/set-totals.ts";
import { Timeline } from "./totals/timeline.ts";
import { Totals } from "./totals/totals.ts";
import { PollsState } from "./votes/polls-state.ts";
import { Votes } from "./votes/votes.ts";

export class DispatcherParts implements RoleParts {
  readonly #context: RoleContext<DispatcherConfig>;
  readonly #routes: RouteTable;
  readonly #peers: SettingsPeers;
  readonly #kinds: LiveKinds;
  readonly #statement: SettingsStatement;
  readonly #announced: Announced;
  readonly #stores: Stores;
  readonly #createStores: () => Promise<void>;
  readonly #mirror: Mirror;
  readonly #sweeper: Sweeper;
  readonly #counts: ViewerCounts;
  readonly #history: History;
  #stopListening: () => void = () => undefined;
  readonly #totals: Totals;
  readonly #timeline: Timeline;
  readonly #states: VideoStates;
  readonly #ended: EndedVideos;
  readonly #votes: Votes;
  readonly #erasure: Erasure;
  readonly #bans: Bans;
  readonly #banKeeper: BanKeeper;
  readonly #review: Review;
  readonly #overload: DispatcherOverload;
  readonly #queueGroup: QueueGroup;
  /** Whether the table has been read once. */
  #isRead = false;

  /** @param reviewer who is asked over HTTPS; undefined: reviewers are asked over NATS */
  constructor(
    context: RoleContext<DispatcherConfig>,
    routes: RouteTable,
    reviewer: HttpReviewer | undefined,
  ) {
    const { id: dispatcher, bus, config, log, registry, tracer } = context;
    this.#context = context;
    this.#routes = routes;
    const settings = commonSettingsOf(config);
    this.#peers = new SettingsPeers(settings, log);
    this.#stores = new Stores(bus, config, log);
    this.#kinds = new LiveKinds({
      bus,
      bucket: this.#stores.kinds,
      seed: config.kinds,
      mayCreate: true,
      resyncIntervalMs: config.reconcileIntervalMs,
      now: monotonicNow,
      log,
    });
    this.#statement = new SettingsStatement(bus, () => ({
      dispatcher,
      settings,
      kinds: this.#kinds.revision,
    }));
    const subscriptions = new Bucket(bus, subscriptionsBucket(config), log);
    const frontends = new Bucket(bus, frontendsBucket(config), log);
    const stream = new HistoryStream(bus, config, log);
    this.#createStores = async () => {
      await Promise.allSettled([this.#stores.ensure(), stream.ensure()]);
    };
    const leases = new Leases(config.leaseMs, monotonicNow);
    const clock = new HopClock();
    const hops = { publish: new Hop(), dispatch: new Hop(), store: new Hop() };
    const fanout = new Fanout({ bus, routes, clock, hops });
    const replies = new Replies({ bus, log });
    this.#overload = new DispatcherOverload({ bus, config, now: monotonicNow, log });
    this.#counts = new ViewerCounts({
      intervalMs: config.countIntervalMs,
      count: (video) => ({
        viewers: routes.viewers(video),
        ...(config.countActors ? { actors: routes.actors(video) } : {}),
      }),
      isReadable: () => this.#mirror.isReadable,
      send: (video, count) => {
        fanout.emit(video, [publishHandler.viewersEvent(count)]);
        this.#timeline.touch(video);
      },
    });
    const eventCounts = new EventCounts();
    const kinds = { isDurable: (name: string) => this.#kinds.table.isDurable(name) };
    this.#totals = new Totals({
      dispatcher,
      bucket: this.#stores.totals,
      intervalMs: config.totalsIntervalMs,
      kinds,
      counts: eventCounts,
      fanout,
      now: monotonicNow,
      wallClock: Date.now,
      log,
    });
    this.#timeline = new Timeline({
      dispatcher,
      bucket: this.#stores.timeline,
      counts: eventCounts,
      viewers: (video) => (this.#mirror.isReadable ? routes.viewers(video) : undefined),
      now: monotonicNow,
      wallClock: Date.now,
      log,
    });
    this.#history = new History({
      bus,
      stream,
      config,
      log,
      fanout,
      onCounted: (video, chain, stored) => {
        this.#totals.counted(video, chain);
        if (stored.length > 0) eventCounts.of(video)?.addDurable(stored);
      },
      tracer,
    });
    this.#states = new VideoStates({
      bus,
      bucket: this.#stores.state,
      config,
      fanout,
      now: Date.now,
      log,
    });
    this.#ended = new EndedVideos({
      bus,
      bucket: this.#stores.ended,
      now: Date.now,
      log,
    });
    this.#votes = new Votes({
      bus,
      stream: this.#stores.votes,
      config,
      log,
      polls: new PollsState(this.#states),
    });
    const rules = this.#kinds.rules(config.dataLimitBytes);
    this.#bans = new Bans({
      bus,
      bucket: this.#stores.bans,
      mayCreate: true,
      wallClock: Date.now,
      log,
    });
    this.#banKeeper = new BanKeeper({
      bans: this.#bans,
      bucket: this.#stores.bans,
      reaper: new TombstoneReaper({ bus, bucket: this.#stores.bans, now: monotonicNow, log }),
      limit: config.bansLimit,
      now: Date.now,
      log,
    });
    const shadows = new Shadows({ bucket: this.#stores.shadow, fanout, log });
    const moderation = new ModerationLog({ stream: this.#stores.moderation, now: Date.now });
    this.#review = new Review({
      ask: reviewer === undefined ? askOverNats(bus) : askOverHttp(reviewer),
      budgetMs: config.reviewBudgetMs,
      now: monotonicNow,
      log,
    });
    const publishHandler = new PublishHandler({
      rules,
      now: Date.now,
      clock,
      hop: hops.publish,
      replies,
      fanout,
      history: this.#history,
      totals: this.#totals,
      states: this.#states,
      ended: this.#ended,
      votes: this.#votes,
      bans: this.#bans,
      shadows,
      review: new ReviewGate({
        review: this.#review,
        history: this.#history,
        shadows,
        rules,
        isOpen: config.reviewFailure === "open",
      }),
      overload: this.#overload,
      tracer,
    });
    const countRequests = new CountHandler({
      replies,
      counts: this.#counts,
      overload: this.#overload,
    });
    const pins = new Pins({ history: this.#history, states: this.#states });
    const retractions = new Retractions({ history: this.#history, pins, shadows, moderation });
    const retractRequests = new RetractHandler({ replies, retractions, tracer });
    this.#erasure = new Erasure({
      dispatcher,
      bus,
      history: this.#history,
      stream,
      totals: this.#totals,
      timeline: this.#timeline,
      votes: this.#votes,
      states: this.#states,
      ended: this.#ended,
      shadows,
      stores: this.#stores,
      now: monotonicNow,
    });
    const handlers: CommandHandlers = {
      ...kindsCommands(this.#stores.kinds, this.#kinds),
      "totals.set": async ({ totals }, { video }) => ({
        totals: await setTotals({ totals: this.#totals, kinds: this.#kinds.table }, video, totals),
      }),
      "video.erase": async (_input, { video }) => ({
        events: await this.#erasure.eraseVideo(video),
      }),
      "actor.erase": async ({ actor, after }) => await this.#erasure.eraseActor(actor, after),
      "video.end": async (_input, { video }) => ({
        ended: await endVideo(this.#ended, this.#states, video),
      }),
      "viewers.count": async ({ videos }) => ({
        viewers: videos.map((video) => routes.viewers(video)),
      }),
      "viewers.rank": async ({ videos, limit }) => ({
        videos: await mostViewed(routes, new VideoPatterns(videos), limit),
      }),
      "ban.put": async (input, { video, by }) => ({
        ban: await this.#banKeeper.put(video, by, input),
      }),
      "ban.delete": async ({ actor }, { video }) => ({
        ban: await this.#banKeeper.delete(video, actor),
      }),
      "poll.put": async ({ poll, ...input }, { video }) => ({
        poll: await this.#votes.put(video, poll, input),
      }),
      "rules.put": async (given, { video }) => ({
        rules: await putRules(this.#states, rules, video, given),
      }),
      "pin.put": async ({ id }, { video }) => ({ pinned: await pins.pin(video, id) }),
      "pin.delete": async (_input, { video }) => {
        await pins.unpin(video);
        return {};
      },
      "actor.retract": async ({ actor }, { video }) => ({
        events: await retractions.retractActor(video, actor),
      }),
    };
    const commands = new Commands({
      replies,
      handlers,
      moderation,
      overload: this.#overload,
      tracer,
    });
    const countAgain = (video: string) => void this.#counts.request(video).catch(() => undefined);
    this.#mirror = new Mirror({
      bus,
      subscriptions,
      frontends,
      routes,
      leases,
      reconcileIntervalMs: config.reconcileIntervalMs,
      leaseMs: config.leaseMs,
      log,
      clock,
      onLease: (gateway, lease) => {
        const peer = `gateway ${gateway}`;
        if (lease === undefined) this.#peers.gone(peer);
        else this.#peers.observe(peer, decodeLease(lease)?.settings);
      },
      onCorrected: countAgain,
    });
    this.#announced = new Announced({ bus, routes, now: monotonicNow });
    this.#sweeper = new Sweeper({
      subscriptions,
      frontends,
      routes,
      leases,
      leaseMs: config.leaseMs,
      log,
      isReadable: () => this.#mirror.isReadable && bus.state === "connected",
      onStaleMirror: () => this.#mirror.resync(),
      onRowSwept: countAgain,
    });
    this.#queueGroup = new QueueGroup({
      bus,
      publishes: publishHandler,
      retractions: retractRequests,
      commands,
      countRequests,
      replies,
    });
    registerKinds(registry, this.#kinds);
    registerDispatcherMetrics(registry, {
      bus,
      overload: this.#overload,
      hops,
      replies,
      publishHandler,
      history: this.#history,
      states: this.#states,
      ended: this.#ended,
      votes: this.#votes,
      bans: this.#bans,
      moderation,
      shadows,
      review: this.#review,
      fanout,
      mirror: this.#mirror,
      announced: this.#announced,
      routes,
      leases,
      sweeper: this.#sweeper,
      counts: this.#counts,
      totals: this.#totals,
      timeline: this.#timeline,
      commands,
      countRequests,
    });
  }

  /** Reads the table, and only then joins the queue group. */
  async start(): Promise<Record<string, unknown>> {
    this.#statement.start();
    this.#announced.start();
    this.#stores.start();
    await this.#mirror.start();
    this.#isRead = true;
    if (this.#context.stopping.aborted) return {};
    this.#sweeper.start();
    this.#overload.start();
    // A gateway that starts once we are ready finds them. What fails now is tried again later.
    await Promise.all([this.#createStores(), this.#kinds.start()]);
    this.#history.start();
    this.#timeline.start();
    this.#stopListening = this.#context.bus.onState((state) => {
      if (state !== "connected") return;
      this.#totals.resume();
      this.#timeline.resume();
    });
    this.#states.start();
    await Promise.all([this.#ended.start(), this.#bans.start()]);
    this.#banKeeper.start();
    this.#votes.start();
    this.#erasure.start();
    await this.#queueGroup.start();
    return { rows: this.#routes.rowCount };
  }

  /** Leaves the queue group for good, and finishes what it took. */
  async drain(): Promise<void> {
    await this.#queueGroup.drain();
    await Promise.all([this.#totals.drain(), this.#timeline.drain()]);
  }

  async stop(): Promise<void> {
    this.#statement.stop();
    this.#announced.stop();
    this.#stores.stop();
    this.#sweeper.stop();
    this.#counts.stop();
    this.#overload.stop();
    this.#history.stop();
    this.#stopListening();
    this.#totals.stop();
    this.#timeline.stop();
    await this.#kinds.stop();
    this.#erasure.stop();
    this.#votes.stop();
    this.#states.stop();
    await this.#ended.stop();
    this.#banKeeper.stop();
    await this.#bans.stop();
    await this.#mirror.stop();
  }

  conditions(): readonly Condition[] {
    const { isReadable } = this.#mirror;
    if (!this.#isRead) return [{ name: "table", fault: "not read yet" }];
    const isRefusing = this.#overload.levels.isAt("transient");
    return [
      { name: "load", warning: isRefusing ? "overloaded; requests are refused" : undefined },
      this.#peers.condition,
      this.#kinds.condition,
      { name: "table", warning: isReadable ? undefined : "can't be read; dispatching from memory" },
      {
        name: "history",
        warning: this.#history.isWritable ? undefined : "can't be written; durable events wait",
      },
      {
        name: "review",
        warning: this.#review.isPaused
          ? `reviewers fail; what they should review is ${this.#context.config.reviewFailure === "open" ? "accepted" : "refused"}`
          : undefined,
      },
      {
        name: "totals",
        warning: this.#totals.isWritable ? undefined : "can't be stored; they wait in memory",
      },
    ];
  }
}
