/** The parts of a gateway, and how they fit together. */
import { hostname } from "node:os";
import { Bucket } from "../shared/bus/bucket.ts";
import { HistoryStream } from "../shared/bus/history-stream.ts";
import { ModerationStream } from "../shared/bus/moderation-stream.ts";
import type { GatewayConfig } from "../shared/config/settings.ts";
import { Bans } from "../shared/moderation/bans.ts";
import {
  bansBucket,
  kindsBucket,
  shadowBucket,
  stateBucket,
  timelineBucket,
  totalsBucket,
} from "../shared/protocol/buckets.ts";
import { commonSettingsOf } from "../shared/protocol/common-settings.ts";
import { EventIds, ReservedIds } from "../shared/protocol/names.ts";
import { NO_VIDEO } from "../shared/protocol/subjects.ts";
import type { GatewayDescription } from "../shared/protocol/table.ts";
import { HopClock } from "../shared/runtime/hops.ts";
import { monotonicNow } from "../shared/runtime/lifecycle.ts";
import { LiveKinds, registerKinds } from "../shared/runtime/live-kinds.ts";
import type { Condition } from "../shared/runtime/ops.ts";
import type { RoleContext, RoleParts } from "../shared/runtime/role-parts.ts";
import { requireSameSettings } from "../shared/runtime/same-settings.ts";
import { SettingsPeers } from "../shared/runtime/settings-peers.ts";
import { VERSION } from "../shared/runtime/version.ts";
import { deploymentRules } from "./api/deployment-rules.ts";
import { Hub } from "./api/hub.ts";
import { messageBounds } from "./api/read-message.ts";
import type { GatewayServices } from "./api/services.ts";
import type { Auth } from "./auth/create.ts";
import { Control } from "./control/control.ts";
import { emptyDeliveryStats } from "./delivery/delivery-stats.ts";
import { FrameInterval } from "./delivery/frame-interval.ts";
import { FrameScheduler } from "./delivery/frame-scheduler.ts";
import { SharedWrites } from "./delivery/shared-writes.ts";
import { NatsOutage } from "./drain/nats-outage.ts";
import { paceOf } from "./drain/pace.ts";
import { VideoHistories } from "./history/histories.ts";
import { Admission } from "./limits/admission.ts";
import { BodyBudget } from "./limits/body-budget.ts";
import { clientShare } from "./limits/client-share.ts";
import { emptyConnectionStats } from "./limits/connection-stats.ts";
import { LiveLimits } from "./limits/live-limits.ts";
import { registerLimitMetrics } from "./limits/metrics.ts";
import { Rates } from "./limits/rates.ts";
import { VideoShares } from "./limits/video-shares.ts";
import { registerGatewayMetrics } from "./metrics.ts";
import { BanReader } from "./moderation/ban-reader.ts";
import { ModerationReader } from "./moderation/moderation-reader.ts";
import { OwnEvents } from "./moderation/own-events.ts";
import { PutOut } from "./moderation/put-out.ts";
import { Publisher } from "./publish/publisher.ts";
import { ViewerReports } from "./reports/viewer-reports.ts";
import { RoomRulesReader } from "./state/room-rules.ts";
import { VideoSnapshots } from "./state/snapshots.ts";
import { StateReader } from "./state/state-reader.ts";
import { CountRequests } from "./table/count-requests.ts";
import { DispatcherSettings } from "./table/dispatcher-settings.ts";
import { Inspection } from "./table/inspection.ts";
import { Interest } from "./table/interest.ts";
import { Registration } from "./table/registration.ts";
import { TimelineReader } from "./totals/timeline-reader.ts";
import { TotalsReader } from "./totals/totals-reader.ts";

/** State is checked less often than the history: its events are lost only with a dispatcher. */
export const STATE_CHECKS = 6;

export class GatewayParts implements RoleParts {
  readonly #context: RoleContext<GatewayConfig>;
  readonly #startedAt = new Date().toISOString();
  readonly #connections = emptyConnectionStats();
  readonly #delivery = emptyDeliveryStats();
  readonly #clock = new HopClock();
  readonly #viewerReports: ViewerReports;
  readonly #kindsBucket: Bucket;
  readonly #kinds: LiveKinds;
  readonly #publisher: Publisher;
  readonly #counts: CountRequests;
  readonly #registration: Registration;
  readonly #admission: Admission;
  readonly #rates: Rates;
  readonly #liveLimits: LiveLimits;
  readonly #sharedWrites = new SharedWrites();
  readonly #interval: FrameInterval;
  readonly #scheduler: FrameScheduler;
  readonly #histories: VideoHistories;
  readonly #totals: TotalsReader;
  readonly #timeline: TimelineReader;
  readonly #ownIds = new ReservedIds();
  readonly #states: StateReader;
  readonly #interest: Interest;
  readonly #inspection: Inspection;
  readonly #control: Control;
  readonly #peers: SettingsPeers;
  readonly #dispatcherSettings: DispatcherSettings;
  readonly #natsOutage: NatsOutage;
  readonly #bansStore: Bucket;
  readonly #bans: Bans;
  readonly #ownEvents: OwnEvents;
  readonly #putOut: PutOut;
  readonly #hub: Hub;
  readonly #apiKeys: Auth["apiKeys"];
  #port = 0;
  #isDraining = false;

  constructor(context: RoleContext<GatewayConfig>, auth: Auth) {
    const { id: gateway, bus, config, log, tracer } = context;
    const now = monotonicNow;
    this.#context = context;
    this.#apiKeys = auth.apiKeys;
    this.#kindsBucket = new Bucket(bus, kindsBucket(config));
    this.#kinds = new LiveKinds({
      bus,
      bucket: this.#kindsBucket,
      seed: config.kinds,
      mayCreate: false,
      onLimits: (bytes) => this.#liveLimits.adopt(bytes),
      resyncIntervalMs: config.reconcileIntervalMs,
      now,
      log,
    });
    this.#publisher = new Publisher({
      bus,
      timeoutMs: config.requestTimeoutMs,
      partitions: config.partitions,
      clock: this.#clock,
    });
    this.#counts = new CountRequests((video) => this.#publisher.client.count(video));
    this.#registration = new Registration({
      bus,
      gateway,
      config,
      log,
      describe: () => this.#describe(),
      onRowStored: (video) => this.#counts.changed(video),
    });
    this.#admission = new Admission(config, this.#connections, now);
    const { room } = this.#admission;
    if (room.shortage !== undefined) {
      const { total, viewers } = room;
      log.info(
        { ...room.shortage, connections: total, viewers },
        "ulimit -n is too low for connections-limit and http-connections-limit: the gateway holds fewer",
      );
    }
    this.#viewerReports = new ViewerReports(config, now);
    this.#rates = new Rates({ bus, gateway, config, now });
    this.#liveLimits = new LiveLimits({
      settings: config,
      set: (name, perSecond) => {
        if (name === "connectionsPerSecond") this.#admission.connectionsPerSecond = perSecond;
        else this.#rates.set(name, perSecond);
      },
      wallClock: Date.now,
      log,
    });
    this.#interval = new FrameInterval(
      config.frameIntervalMinMs,
      config.frameIntervalMaxMs,
      config.frameIntervalViewers,
      () => this.#admission.overload.intervalRoom,
    );
    this.#scheduler = new FrameScheduler({
      interval: this.#interval,
      writes: this.#sharedWrites,
      viewersPerPass: config.frameGroupViewers,
      now,
    });
    this.#histories = new VideoHistories({
      bus,
      stream: new HistoryStream(bus, config),
      config,
      log,
      now,
      wallClock: Date.now,
      random: Math.random,
    });
    this.#totals = new TotalsReader({ bus, bucket: new Bucket(bus, totalsBucket(config)) });
    this.#timeline = new TimelineReader(new Bucket(bus, timelineBucket(config)));
    this.#states = new StateReader({ bus, bucket: new Bucket(bus, stateBucket(config)) });
    this.#bansStore = new Bucket(bus, bansBucket(config));
    this.#bans = new Bans({
      bus,
      bucket: this.#bansStore,
      mayCreate: false,
      wallClock: Date.now,
      log,
    });
    this.#ownEvents = new OwnEvents({
      bans: this.#bans,
      bucket: new Bucket(bus, shadowBucket(config)),
      viewers: () => this.#hub.viewers(),
    });
    this.#interest = this.#newInterest();
    this.#inspection = new Inspection({
      bus,
      gateway,
      held: () => this.#interest.held(),
      isAnnouncedOnly: (video) => this.#interest.isAnnouncedOnly(video),
    });
    this.#control = new Control({
      bus,
      gateway,
      viewers: () => this.#hub.viewers(),
      requestStop: context.requestStop,
      now,
      random: Math.random,
      log,
    });
    this.#peers = new SettingsPeers(commonSettingsOf(config), log);
    this.#dispatcherSettings = new DispatcherSettings(bus, config.leaseMs, this.#peers);
    this.#natsOutage = new NatsOutage({
      bus,
      config,
      viewers: () => this.#hub.viewers(),
      now,
      random: Math.random,
      log,
    });
    this.#putOut = new PutOut(() => this.#hub.viewers());
    this.#bans.onSet((ban) => this.#putOut.set(ban));
    const services: GatewayServices = {
      gateway,
      auth: auth.authenticator,
      rules: this.#kinds.rules(config.dataLimitBytes),
      countsActors: config.countActors,
      messageBounds: messageBounds(config),
      deploymentRules: deploymentRules(config, () => this.#kinds.table),
      ids: new EventIds(),
      interest: this.#interest,
      histories: this.#histories,
      timeline: this.#timeline,
      roomRules: new RoomRulesReader({
        held: this.#interest,
        reader: this.#states,
        now,
      }),
      snapshots: new VideoSnapshots({
        held: this.#interest,
        totals: this.#totals,
        states: this.#states,
        histories: this.#histories,
        countViewers: async (videos) => {
          const { commands } = this.#publisher;
          return (await commands.send("viewers.count", NO_VIDEO, { videos: [...videos] })).viewers;
        },
        now,
      }),
      publisher: this.#publisher,
      authorsDelete: config.authorsDelete,
      bans: this.#bans,
      ownEvents: this.#ownEvents,
      banReader: new BanReader({ bans: this.#bans, bucket: this.#bansStore, wallClock: Date.now }),
      moderation: new ModerationReader(new ModerationStream(bus, config)),
      delivery: this.#delivery,
      sharedWrites: this.#sharedWrites,
      viewerReports: this.#viewerReports,
      connections: this.#connections,
      admission: this.#admission,
      bodies: new BodyBudget(
        config.bodiesLimitBytes,
        Math.max(
          config.bodyLimitBytes,
          clientShare(config.bodiesLimitBytes, config.clientSharePercent),
        ),
      ),
      natsOutage: this.#natsOutage,
      rates: this.#rates,
      log,
      tracer,
    };
    this.#hub = new Hub(services, config);
    auth.apiKeys.onReload(() => this.#hub.renewGrants((grant) => auth.apiKeys.renewed(grant)));
    this.#registerMetrics(auth, services);
  }

  /** Where viewers connect, once started. */
  get port(): number {
    return this.#port;
  }

  /** Acquires the lease, and only then accepts viewers. */
  async start(): Promise<Record<string, unknown>> {
    const { bus, log } = this.#context;
    await this.#registration.start();
    await this.#requireSameSettings();
    await Promise.all([this.#kinds.start(), this.#bans.start()]);
    this.#histories.start();
    this.#totals.start();
    this.#states.start();
    this.#scheduler.start();
    this.#inspection.start();
    this.#control.start();
    this.#dispatcherSettings.start();
    this.#admission.overload.start({
      framesLateMs: () => this.#scheduler.takeLateMs(),
      stretch: () => this.#interval.stretch,
      backlog: () => Math.max(bus.backlog, this.#publisher.backlog),
      sampledEvents: () => this.#delivery.sampled,
      log,
    });
    this.#rates.start();
    this.#natsOutage.start();
    this.#port = await this.#hub.start();
    return { port: this.#port };
  }

  /** @throws Error where the deployment has other settings; then this gateway leaves the table */
  async #requireSameSettings(): Promise<void> {
    const { config, stopping, log } = this.#context;
    try {
      await requireSameSettings({
        bucket: this.#kindsBucket,
        own: { partitions: config.partitions },
        mayCreate: false,
        stopping,
        log,
      });
    } catch (error) {
      await this.#registration.end();
      throw error;
    }
  }

  /** Reads the files of the certificate and of API keys again. */
  reload(): void {
    void this.#apiKeys.reload();
    this.#hub.certificate?.reload();
  }

  /** Accepts no new viewers, sends its viewers to the other gateways, and leaves the table. */
  async drain(): Promise<void> {
    const { bus } = this.#context;
    this.#isDraining = true;
    void this.#registration.lease.renewAgain();
    this.#interest.drain();
    await this.#hub.drain(async () => {
      return paceOf(await this.#registration.peers(), this.#admission.connectionsPerSecond);
    });
    if (bus.state === "connected") await this.#registration.end();
  }

  async stop(): Promise<void> {
    this.#hub.stop();
    this.#counts.stop();
    this.#scheduler.stop();
    this.#registration.stop();
    this.#interest.stop();
    this.#histories.stop();
    this.#totals.stop();
    this.#states.stop();
    this.#inspection.stop();
    this.#control.stop();
    this.#dispatcherSettings.stop();
    this.#admission.overload.stop();
    this.#rates.stop();
    this.#liveLimits.stop();
    this.#natsOutage.stop();
    this.#putOut.stop();
    this.#apiKeys.stop();
    this.#ownEvents.stop();
    await Promise.all([this.#kinds.stop(), this.#bans.stop()]);
  }

  conditions(): readonly Condition[] {
    const isLate = this.#registration.lease.ageMs > this.#context.config.leaseMs;
    const isRefusing = this.#admission.overload.levels.isAt("refuse");
    const { certificate } = this.#hub;
    return [
      { name: "load", warning: isRefusing ? "overloaded; no new viewers are accepted" : undefined },
      this.#peers.condition,
      this.#kinds.condition,
      { name: "lease", warning: isLate ? "could not be renewed in time" : undefined },
      ...(this.#context.config.authApiKeysFile === undefined
        ? []
        : [{ name: "api-keys", warning: this.#apiKeys.warning }]),
      ...(certificate === undefined ? [] : [{ name: "certificate", warning: certificate.warning }]),
    ];
  }

  #newInterest(): Interest {
    const { id: gateway, bus, config, tracer } = this.#context;
    const { overload } = this.#admission;
    return new Interest({
      bus,
      gateway,
      rows: this.#registration.rows,
      lingerMs: config.lingerMs,
      countActors: config.countActors,
      videosLimit: config.videosLimit,
      shares: new VideoShares({ ...config, now: monotonicNow }),
      clock: this.#clock,
      newVideosPerSecond: config.newVideosPerSecond,
      audience: {
        frameEvents: config.frameEvents,
        get transientEvents() {
          return overload.transientEvents(config.frameEvents);
        },
        frameBytes: config.viewerBufferBytes,
        groupViewers: config.frameGroupViewers,
        clientSharePercent: config.clientSharePercent,
        countIntervalMs: config.countIntervalMs,
        deduplicateMs: config.deduplicateMs,
        scheduler: this.#scheduler,
        histories: this.#histories,
        totals: {
          reader: this.#totals,
          intervalMs: config.totalsIntervalMs,
          newId: () => this.#ownIds.next(),
          random: Math.random,
          now: monotonicNow,
          wallClock: Date.now,
        },
        state: {
          reader: this.#states,
          checkMs: STATE_CHECKS * config.historyCheckMs,
          random: Math.random,
          newId: () => this.#ownIds.next(),
          wallClock: Date.now,
        },
        showTo: (actor, shownOn, event) => this.#ownEvents.showTo(actor, shownOn, event),
        now: monotonicNow,
        tracer,
      },
    });
  }

  #registerMetrics(auth: Auth, { bodies }: GatewayServices): void {
    const { registry, bus } = this.#context;
    registerKinds(registry, this.#kinds);
    registerGatewayMetrics(registry, {
      bus,
      interest: this.#interest,
      histories: this.#histories,
      totals: this.#totals,
      timeline: this.#timeline,
      states: this.#states,
      publisher: this.#publisher,
      counts: this.#counts,
      interval: this.#interval,
      scheduler: this.#scheduler,
      rows: this.#registration.rows,
      tombstones: this.#registration.tombstones,
      lease: this.#registration.lease,
      connections: this.#connections,
      delivery: this.#delivery,
      sharedWrites: this.#sharedWrites,
      viewerReports: this.#viewerReports,
      certificate: this.#hub.certificate,
      hub: this.#hub,
      auth,
      natsOutage: this.#natsOutage,
    });
    registerLimitMetrics(registry, {
      open: this.#hub.openConnections,
      admission: this.#admission,
      bodies,
      rates: this.#rates,
      live: this.#liveLimits,
    });
  }

  /** What the lease says about this gateway. */
  #describe(): GatewayDescription {
    const { config } = this.#context;
    return {
      version: VERSION,
      address: config.address ?? `${hostname()}:${this.#port}`,
      startedAt: this.#startedAt,
      webSockets: this.#connections.webSockets,
      eventStreams: this.#connections.eventStreams,
      videos: this.#interest.videoCount,
      connectionsPerSecond: this.#admission.connectionsPerSecond,
      isDraining: this.#isDraining,
      kinds: this.#kinds.revision,
      settings: commonSettingsOf(config),
    };
  }
}
