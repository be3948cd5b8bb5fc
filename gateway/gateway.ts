/**
 * A gateway, the Frontend of the design: it holds viewers' connections and brings them the events of
 * the videos that they watch. This file only wires the parts together.
 */
import { hostname } from "node:os";
import type { Bus } from "../shared/bus/connection.ts";
import { HistoryStream } from "../shared/bus/history-stream.ts";
import type { GatewayConfig } from "../shared/config/settings.ts";
import { KindTable } from "../shared/protocol/kinds.ts";
import { EventIds } from "../shared/protocol/names.ts";
import type { GatewayDescription } from "../shared/protocol/table.ts";
import { HopClock } from "../shared/runtime/hops.ts";
import { monotonicNow } from "../shared/runtime/lifecycle.ts";
import type { Log } from "../shared/runtime/log.ts";
import type { Condition } from "../shared/runtime/ops.ts";
import { RoleNode } from "../shared/runtime/role-node.ts";
import { VERSION } from "../shared/runtime/version.ts";
import { Doors } from "./api/hub.ts";
import { createAuth } from "./auth/create.ts";
import { emptyDeliveryStats } from "./delivery/delivery-stats.ts";
import { FrameInterval } from "./delivery/frame-interval.ts";
import { FrameScheduler } from "./delivery/frame-scheduler.ts";
import { CutOff } from "./drain/nats-outage.ts";
import { paceOf } from "./drain/pace.ts";
import { VideoHistories } from "./history/histories.ts";
import { Admission } from "./limits/admission.ts";
import { BodyBudget } from "./limits/body-budget.ts";
import { type ConnectionStats, emptyConnectionStats } from "./limits/connection-stats.ts";
import { registerLimitMetrics } from "./limits/metrics.ts";
import { Rates } from "./limits/rates.ts";
import { registerGatewayMetrics } from "./metrics.ts";
import { Publisher } from "./publish/publisher.ts";
import { CountRequests } from "./table/count-requests.ts";
import { Inspection } from "./table/inspection.ts";
import { Interest } from "./table/interest.ts";
import { Registration } from "./table/registration.ts";

export class Gateway extends RoleNode<GatewayConfig> {
  readonly #connections: ConnectionStats = emptyConnectionStats();
  readonly #startedAt = new Date().toISOString();
  #port = 0;
  #isDraining = false;
  #registration: Registration | undefined;
  #interest: Interest | undefined;
  #scheduler: FrameScheduler | undefined;
  #doors: Doors | undefined;
  #counts: CountRequests | undefined;
  #histories: VideoHistories | undefined;
  #inspection: Inspection | undefined;
  #admission: Admission | undefined;
  #rates: Rates | undefined;
  #cutOff: CutOff | undefined;

  constructor(id: string, config: GatewayConfig, log: Log) {
    super("gateway", id, config, log);
  }

  /** Where viewers connect, once started. */
  get port(): number {
    return this.#port;
  }

  /** Takes the lease, and only then opens the doors. */
  protected override async startParts(bus: Bus): Promise<Record<string, unknown>> {
    const { config, log, tracer } = this;
    const delivery = emptyDeliveryStats();
    const kinds = new KindTable(config.kinds);
    const clock = new HopClock();
    const publisher = new Publisher({ bus, kinds, timeoutMs: config.requestTimeoutMs, clock });
    const counts = new CountRequests((video) => publisher.askCount(video));
    const registration = new Registration({
      bus,
      gateway: this.id,
      config,
      log,
      describe: () => this.#describe(),
      onRowStored: (video) => counts.moved(video),
    });
    const admission = new Admission(config, this.#connections, monotonicNow);
    const { overload } = admission;
    const interval = new FrameInterval(
      config.frameIntervalMinMs,
      config.frameIntervalMaxMs,
      () => overload.intervalRoom,
    );
    const scheduler = new FrameScheduler({
      interval,
      viewersPerPass: config.frameGroupViewers,
      now: monotonicNow,
    });
    const histories = new VideoHistories({
      bus,
      stream: new HistoryStream(bus, config, log),
      config,
      log,
      now: monotonicNow,
      wallClock: Date.now,
    });
    const interest = new Interest({
      bus,
      gateway: this.id,
      rows: registration.rows,
      lingerMs: config.lingerMs,
      videosLimit: config.videosLimit,
      clock,
      newVideosPerSecond: config.newVideosPerSecond,
      audience: {
        frameEvents: config.frameEvents,
        get transientEvents() {
          return overload.transientEvents(config.frameEvents);
        },
        frameBytes: config.viewerBufferBytes,
        groupViewers: config.frameGroupViewers,
        countIntervalMs: config.countIntervalMs,
        deduplicateMs: config.deduplicateMs,
        scheduler,
        histories,
        now: monotonicNow,
        tracer,
      },
    });
    const bodies = new BodyBudget(config.bodiesLimitBytes);
    const rates = new Rates({ bus, gateway: this.id, config, now: monotonicNow });
    const cutOff = new CutOff({
      bus,
      config,
      viewers: () => this.#doors?.viewers() ?? [],
      now: monotonicNow,
      random: Math.random,
      log,
    });
    const auth = await createAuth({ bus, config, log, now: monotonicNow, wallClock: Date.now });
    const doors = new Doors(
      {
        gateway: this.id,
        auth: auth.authenticator,
        rules: { kinds, dataLimitBytes: config.dataLimitBytes },
        ids: new EventIds(),
        interest,
        histories,
        publisher,
        delivery,
        connections: this.#connections,
        admission,
        bodies,
        cutOff,
        rates,
        log,
        tracer,
      },
      config,
    );
    this.#registration = registration;
    this.#interest = interest;
    this.#scheduler = scheduler;
    this.#doors = doors;
    this.#counts = counts;
    this.#histories = histories;
    const inspection = new Inspection({ bus, gateway: this.id, held: () => interest.held() });
    this.#inspection = inspection;
    this.#admission = admission;
    this.#rates = rates;
    this.#cutOff = cutOff;
    registerGatewayMetrics(this.registry, {
      bus,
      interest,
      histories,
      publisher,
      counts,
      interval,
      scheduler,
      rows: registration.rows,
      removals: registration.removals,
      lease: registration.lease,
      connections: this.#connections,
      delivery,
      certificate: doors.certificate,
      doors,
      auth,
      cutOff,
    });
    registerLimitMetrics(this.registry, { admission, bodies, rates });
    await registration.start();
    histories.start();
    scheduler.start();
    inspection.start();
    overload.start({
      framesLateMs: () => scheduler.takeLateMs(),
      stretch: () => interval.stretch,
      backlog: () => Math.max(bus.backlog, publisher.backlog),
      sampledEvents: () => delivery.sampled,
      log,
    });
    rates.start();
    cutOff.start();
    this.#port = await doors.start();
    return { port: this.#port };
  }

  /** Reads the certificate's files again. */
  reload(): void {
    this.#doors?.certificate?.reload();
  }

  /** Takes nobody new, sends its viewers to the others, and leaves the table. */
  protected override async drainParts(bus: Bus): Promise<void> {
    const registration = this.#registration;
    this.#isDraining = true;
    void registration?.lease.renewAfresh();
    this.#interest?.drain();
    await this.#doors?.drain(async () => {
      return paceOf(await registration?.peers(), this.config.connectionsPerSecond);
    });
    if (bus.state === "connected") await registration?.end();
  }

  protected override async stopParts(): Promise<void> {
    this.#doors?.stop();
    this.#counts?.stop();
    this.#scheduler?.stop();
    this.#registration?.stop();
    this.#interest?.stop();
    this.#histories?.stop();
    this.#inspection?.stop();
    this.#admission?.overload.stop();
    this.#rates?.stop();
    this.#cutOff?.stop();
  }

  /** What the lease tells of this gateway. */
  #describe(): GatewayDescription {
    return {
      version: VERSION,
      address: this.config.address ?? `${hostname()}:${this.#port}`,
      startedAt: this.#startedAt,
      webSockets: this.#connections.webSockets,
      eventStreams: this.#connections.eventStreams,
      videos: this.#interest?.videoCount ?? 0,
      connectionsPerSecond: this.config.connectionsPerSecond,
      isDraining: this.#isDraining,
    };
  }

  protected override conditions(): readonly Condition[] {
    const age = this.#registration?.lease.ageMs;
    const isLate = age !== undefined && age > this.config.leaseMs;
    const certificate = this.#doors?.certificate;
    const isRefusing = this.#admission?.overload.ladder.isAt("refuse");
    return [
      { name: "load", warning: isRefusing ? "overloaded; nobody new is taken" : undefined },
      { name: "lease", warning: isLate ? "could not be renewed in time" : undefined },
      ...(certificate === undefined ? [] : [{ name: "certificate", warning: certificate.warning }]),
    ];
  }
}
