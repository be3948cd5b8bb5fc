/** The parts of a dispatcher, and how they fit together. */
import { HistoryStream } from "../shared/bus/history-stream.ts";
import type { DispatcherConfig } from "../shared/config/settings.ts";
import { commonSettingsOf } from "../shared/protocol/common-settings.ts";
import { ReservedIds } from "../shared/protocol/names.ts";
import { Hop, HopClock } from "../shared/runtime/hops.ts";
import { monotonicNow } from "../shared/runtime/lifecycle.ts";
import { LiveKinds, registerKinds } from "../shared/runtime/live-kinds.ts";
import type { Condition } from "../shared/runtime/ops.ts";
import type { RoleContext, RoleParts } from "../shared/runtime/role-parts.ts";
import { requireSameSettings } from "../shared/runtime/same-settings.ts";
import { SettingsPeers } from "../shared/runtime/settings-peers.ts";
import { Commands } from "./commands/commands.ts";
import { commandHandlers } from "./commands/handlers.ts";
import { Erasure } from "./erasure/erasure.ts";
import { Fanout } from "./fanout.ts";
import { History } from "./history/history.ts";
import { registerDispatcherMetrics } from "./metrics.ts";
import { Moderation } from "./moderation/moderation.ts";
import { DispatcherOverload } from "./overload.ts";
import { Assignment } from "./partitions/assignment.ts";
import { Acceptor } from "./publish/acceptor.ts";
import { CountHandler } from "./requests/count-handler.ts";
import { PublishHandler } from "./requests/publish-handler.ts";
import { QueueGroup } from "./requests/queue-group.ts";
import { Replies } from "./requests/replies.ts";
import { RetractHandler } from "./requests/retract-handler.ts";
import { askOverHttp, askOverNats, type HttpReviewer } from "./review/ask.ts";
import { ReviewGate } from "./review/gate.ts";
import { Review } from "./review/review.ts";
import { EndedVideos } from "./state/ended-videos.ts";
import { VideoStates } from "./state/video-states.ts";
import { StoreMonitor } from "./stores/store-monitor.ts";
import { Stores } from "./stores/stores.ts";
import { viewersEvent } from "./table/counts.ts";
import type { RouteTable } from "./table/routes.ts";
import { SettingsStatement } from "./table/settings-statement.ts";
import { SubscriptionTable } from "./table/subscription-table.ts";
import { EventCounts } from "./totals/event-counts.ts";
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
  readonly #stores: Stores;
  readonly #createStores: () => Promise<void>;
  readonly #table: SubscriptionTable;
  readonly #history: History;
  readonly #totals: Totals;
  readonly #timeline: Timeline;
  readonly #states: VideoStates;
  readonly #ended: EndedVideos;
  readonly #votes: Votes;
  readonly #erasure: Erasure;
  readonly #moderation: Moderation;
  readonly #review: Review;
  readonly #storeMonitor: StoreMonitor;
  readonly #overload: DispatcherOverload;
  readonly #queueGroup: QueueGroup;
  readonly #assignment: Assignment;
  readonly #fanout: Fanout;
  #stopListening: () => void = () => undefined;

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
      serves: [...this.#queueGroup.served],
    }));
    const stream = new HistoryStream(bus, config);
    this.#createStores = async () => {
      await Promise.allSettled([this.#stores.ensure(), stream.ensure()]);
    };
    const clock = new HopClock();
    const hops = { publish: new Hop(), dispatch: new Hop(), store: new Hop() };
    const fanout = new Fanout({ bus, routes, clock, hops, windowMs: config.fanoutWindowMs });
    this.#fanout = fanout;
    const replies = new Replies({ bus, log });
    this.#overload = new DispatcherOverload({ bus, config, now: monotonicNow, log });
    const ids = new ReservedIds();
    this.#table = new SubscriptionTable({
      bus,
      config,
      routes,
      clock,
      now: monotonicNow,
      peers: this.#peers,
      sendCount: (video, count) => {
        const sent = fanout.emitWithOthers(video, viewersEvent(ids.next(), Date.now(), count));
        this.#timeline.touch(video);
        return sent;
      },
      log,
    });
    const eventCounts = new EventCounts();
    this.#totals = new Totals({
      dispatcher,
      bucket: this.#stores.totals,
      intervalMs: config.totalsIntervalMs,
      kinds: { isDurable: (name) => this.#kinds.table.isDurable(name) },
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
      viewers: (video) => this.#table.viewers(video),
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
    const [history, totals, timeline] = [this.#history, this.#totals, this.#timeline];
    const bucket = this.#stores.state;
    this.#states = new VideoStates({ bus, bucket, config, fanout, now: Date.now, log });
    this.#ended = new EndedVideos({ bus, bucket: this.#stores.ended, now: Date.now, log });
    const polls = new PollsState(this.#states);
    this.#votes = new Votes({ bus, stream: this.#stores.votes, config, log, polls });
    const [states, ended, votes, stores] = [this.#states, this.#ended, this.#votes, this.#stores];
    this.#moderation = new Moderation({ bus, config, stores, fanout, history, states, log });
    const { bans, shadows, record, retractions } = this.#moderation;
    this.#review = new Review({
      ask: reviewer === undefined ? askOverNats(bus) : askOverHttp(reviewer),
      budgetMs: config.reviewBudgetMs,
      now: monotonicNow,
      log,
    });
    const rules = this.#kinds.rules(config.dataLimitBytes);
    const isOpen = config.reviewFailure === "open";
    const acceptor = new Acceptor({
      rules,
      now: Date.now,
      clock,
      hop: hops.publish,
      fanout,
      history,
      totals,
      states,
      votes,
      shadows,
    });
    const publishHandler = new PublishHandler({
      rules,
      replies,
      ended,
      bans,
      review: new ReviewGate({ review: this.#review, history, shadows, rules, isOpen }),
      overload: this.#overload,
      acceptor,
      tracer,
    });
    this.#erasure = new Erasure({
      dispatcher,
      bus,
      history,
      stream,
      totals,
      timeline,
      votes,
      states,
      ended,
      shadows,
      stores,
      now: monotonicNow,
    });
    const commands = new Commands({
      replies,
      handlers: commandHandlers({
        stores,
        kinds: this.#kinds,
        rules,
        routes,
        totals,
        states,
        ended,
        votes,
        erasure: this.#erasure,
        moderation: this.#moderation,
      }),
      moderation: record,
      overload: this.#overload,
      tracer,
    });
    const { counts } = this.#table;
    const countRequests = new CountHandler({ replies, counts, overload: this.#overload });
    const { partitions } = config;
    this.#queueGroup = new QueueGroup({
      bus,
      publishes: publishHandler,
      retractions: new RetractHandler({ replies, retractions, tracer }),
      commands,
      countRequests,
      replies,
    });
    const queueGroup = this.#queueGroup;
    this.#assignment = new Assignment({ dispatcher, partitions, bus, queueGroup, log });
    this.#storeMonitor = new StoreMonitor(bus, config);
    registerKinds(registry, this.#kinds);
    registerDispatcherMetrics(registry, {
      bus,
      overload: this.#overload,
      hops,
      stores: this.#storeMonitor,
      replies,
      publishHandler,
      acceptor,
      history,
      states,
      ended,
      votes,
      moderation: this.#moderation,
      review: this.#review,
      fanout,
      routes,
      table: this.#table,
      totals,
      timeline,
      commands,
      countRequests,
      queueGroup,
      assignment: this.#assignment,
    });
  }

  /** Reads the table, and only then joins the queue groups of its partitions. */
  async start(): Promise<Record<string, unknown>> {
    const { stopping, bus, config, log } = this.#context;
    this.#statement.start();
    this.#stores.start();
    this.#assignment.start();
    await this.#table.start(stopping);
    if (stopping.aborted) return {};
    this.#overload.start();
    // A gateway that starts once we are ready finds them. What fails now is tried again later.
    await Promise.all([this.#createStores(), this.#kinds.start()]);
    await requireSameSettings({
      bucket: this.#stores.kinds,
      own: { partitions: config.partitions },
      mayCreate: true,
      stopping,
      log,
    });
    this.#storeMonitor.start();
    this.#history.start();
    this.#timeline.start();
    this.#stopListening = bus.onState((state) => {
      if (state !== "connected") return;
      this.#totals.resume();
      this.#timeline.resume();
    });
    this.#states.start();
    await Promise.all([this.#ended.start(), this.#moderation.start()]);
    this.#votes.start();
    this.#erasure.start();
    this.#queueGroup.start();
    await this.#assignment.join();
    return { rows: this.#routes.rowCount, partitions: this.#queueGroup.served.size };
  }

  /** Leaves the queue groups for good once others serve its partitions, and finishes what it took. */
  async drain(): Promise<void> {
    await this.#assignment.handOver();
    await this.#queueGroup.drain();
    await Promise.all([this.#totals.drain(), this.#timeline.drain()]);
  }

  async stop(): Promise<void> {
    this.#fanout.stop();
    this.#assignment.stop();
    this.#statement.stop();
    this.#stores.stop();
    this.#storeMonitor.stop();
    this.#overload.stop();
    this.#history.stop();
    this.#stopListening();
    this.#totals.stop();
    this.#timeline.stop();
    this.#erasure.stop();
    this.#votes.stop();
    this.#states.stop();
    await this.#kinds.stop();
    await this.#ended.stop();
    await this.#moderation.stop();
    await this.#table.stop();
  }

  conditions(): readonly Condition[] {
    const { condition } = this.#table;
    if (condition.fault !== undefined) return [condition];
    const warnIf = (name: string, isWrong: boolean, warning: string): Condition => ({
      name,
      warning: isWrong ? warning : undefined,
    });
    const { silent } = this.#storeMonitor;
    const { reviewFailure } = this.#context.config;
    const outcome = reviewFailure === "open" ? "accepted" : "refused";
    return [
      warnIf("load", this.#overload.levels.isAt("transient"), "overloaded; requests are refused"),
      this.#peers.condition,
      this.#kinds.condition,
      condition,
      warnIf("leaders", silent.length > 0, `none answers for ${silent.join(", ")}`),
      warnIf("history", !this.#history.isWritable, "can't be written; durable events wait"),
      warnIf(
        "review",
        this.#review.isPaused,
        `reviewers fail; what they should review is ${outcome}`,
      ),
      warnIf("totals", !this.#totals.isWritable, "can't be stored; they wait in memory"),
    ];
  }
}
