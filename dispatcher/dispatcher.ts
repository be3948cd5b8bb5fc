/**
 * A Dispatcher: takes publish requests off the queue group and sends each to just those Frontends
 * that have viewers for it. This file only wires the parts together.
 */

import { Bucket } from "../shared/bus/bucket.ts";
import type { Bus, BusSubscription } from "../shared/bus/connection.ts";
import { HistoryStream } from "../shared/bus/history-stream.ts";
import type { DispatcherConfig } from "../shared/config/settings.ts";
import { frontendsBucket, subscriptionsBucket } from "../shared/protocol/buckets.ts";
import { KindTable } from "../shared/protocol/kinds.ts";
import {
  DISPATCHER_QUEUE,
  PUBLISH_SUBJECTS,
  RETRACT_SUBJECTS,
} from "../shared/protocol/subjects.ts";
import { Hop, HopClock } from "../shared/runtime/hops.ts";
import { monotonicNow } from "../shared/runtime/lifecycle.ts";
import type { Log } from "../shared/runtime/log.ts";
import type { Condition } from "../shared/runtime/ops.ts";
import { RoleNode } from "../shared/runtime/role-node.ts";
import { Emitter } from "./fanout.ts";
import { History } from "./history/history.ts";
import { registerDispatcherMetrics } from "./metrics.ts";
import { DispatcherOverload } from "./overload.ts";
import { Intake } from "./publish-handler.ts";
import { Answers } from "./replies.ts";
import { Retractions } from "./retract-handler.ts";
import { Announced } from "./table/announced.ts";
import { ViewerCounts } from "./table/counts.ts";
import { Leases } from "./table/leases.ts";
import { Mirror } from "./table/mirror.ts";
import { RouteTable } from "./table/routes.ts";
import { Sweeper } from "./table/sweep.ts";

export class Dispatcher extends RoleNode<DispatcherConfig> {
  /** The table as this dispatcher sees it. */
  readonly routes = new RouteTable();
  #announced: Announced | undefined;
  #mirror: Mirror | undefined;
  #sweeper: Sweeper | undefined;
  #counts: ViewerCounts | undefined;
  #history: History | undefined;
  #answers: Answers | undefined;
  #overload: DispatcherOverload | undefined;
  #subscriptions: readonly BusSubscription[] = [];
  /** Joins the queue group; undefined once it is left for good. */
  #join: (() => void) | undefined;

  constructor(id: string, config: DispatcherConfig, log: Log) {
    super("dispatcher", id, config, log);
  }

  /** Reads the table, and only then joins the queue group. */
  protected override async startParts(bus: Bus): Promise<Record<string, unknown>> {
    const { config, log, routes, tracer } = this;
    const subscriptions = new Bucket(bus, subscriptionsBucket(config), log);
    const frontends = new Bucket(bus, frontendsBucket(config), log);
    const leases = new Leases(config.leaseMs, monotonicNow);
    const clock = new HopClock();
    const hops = { publish: new Hop(), dispatch: new Hop(), store: new Hop() };
    const emitter = new Emitter({
      subjects: (video) => routes.subjects(video),
      publish: (subject, payload) => bus.publish(subject, payload),
      maxPayloadBytes: () => bus.maxPayloadBytes,
      clock,
      hops,
    });
    const counts = new ViewerCounts({
      intervalMs: config.countIntervalMs,
      viewers: (video) => routes.viewers(video),
      isReadable: () => mirror.isReadable,
      tell: (video, viewers) => emitter.emit(video, [intake.viewersEvent(viewers)], undefined),
    });
    const history = new History({
      bus,
      stream: new HistoryStream(bus, config, log),
      config,
      log,
      emit: (...message) => emitter.send(...message),
      tracer,
    });
    const answers = new Answers({ log, publish: (reply, payload) => bus.publish(reply, payload) });
    const overload = new DispatcherOverload({ bus, config, now: monotonicNow, log });
    const intake = new Intake({
      rules: { kinds: new KindTable(config.kinds), dataLimitBytes: config.dataLimitBytes },
      now: Date.now,
      clock,
      hop: hops.publish,
      answers,
      emit: (...emitted) => emitter.emit(...emitted),
      store: (...stored) => history.store(...stored),
      overload,
      askCount: (video) => counts.ask(video),
      tracer,
    });
    const retractions = new Retractions({
      answers,
      retract: (...retracted) => history.retract(...retracted),
      tracer,
    });
    const mirror = new Mirror({
      bus,
      subscriptions,
      frontends,
      routes,
      leases,
      reconcileIntervalMs: config.reconcileIntervalMs,
      leaseMs: config.leaseMs,
      log,
      clock,
      onMended: (video) => void counts.ask(video).catch(() => undefined),
    });
    const announced = new Announced({ bus, routes, now: monotonicNow });
    const sweeper = new Sweeper({
      subscriptions,
      frontends,
      routes,
      leases,
      leaseMs: config.leaseMs,
      log,
      isReadable: () => mirror.isReadable && bus.state === "connected",
      onStaleMirror: () => mirror.resync(),
      onRowSwept: (video) => void counts.ask(video).catch(() => undefined),
    });
    this.#announced = announced;
    this.#mirror = mirror;
    this.#counts = counts;
    this.#sweeper = sweeper;
    this.#history = history;
    this.#answers = answers;
    this.#overload = overload;
    registerDispatcherMetrics(this.registry, {
      bus,
      overload,
      hops,
      answers,
      intake,
      history,
      emitter,
      mirror,
      announced,
      routes,
      leases,
      sweeper,
      counts,
    });
    announced.start();
    await mirror.start();
    if (!this.isWanted) return {};
    sweeper.start();
    overload.start();
    history.start();
    this.#join = () => {
      this.#subscriptions = [
        bus.subscribe(
          PUBLISH_SUBJECTS,
          (payload, subject, reply, _isRelayed, traces) =>
            intake.take(payload, subject, reply, traces),
          DISPATCHER_QUEUE,
        ),
        bus.subscribe(
          RETRACT_SUBJECTS,
          (payload, subject, reply, _isRelayed, traces) =>
            retractions.take(payload, subject, reply, traces),
          DISPATCHER_QUEUE,
        ),
      ];
    };
    this.#join();
    await bus.flush();
    // The other dispatchers take what comes while it goes from one server to another.
    bus.lameDuck.onLeave(() => this.#leave());
    bus.onState((state) => {
      if (state === "connected" && this.#subscriptions.length === 0) this.#join?.();
    });
    return { rows: routes.rowCount };
  }

  /** Leaves the queue group for good, and finishes what it took. */
  protected override async drainParts(): Promise<void> {
    this.#join = undefined;
    await this.#leave();
  }

  /** Leaves the queue group, and finishes what it took. */
  async #leave(): Promise<void> {
    const subscriptions = this.#subscriptions;
    this.#subscriptions = [];
    await Promise.all(subscriptions.map((subscription) => subscription.drain()));
    await this.#answers?.drain();
  }

  protected override async stopParts(): Promise<void> {
    this.#announced?.stop();
    this.#sweeper?.stop();
    this.#counts?.stop();
    this.#overload?.stop();
    this.#history?.stop();
    await this.#mirror?.stop();
  }

  protected override conditions(): readonly Condition[] {
    if (this.#mirror === undefined) return [{ name: "table", fault: "not read yet" }];
    const { isReadable } = this.#mirror;
    const isRefusing = this.#overload?.ladder.isAt("transient");
    return [
      { name: "load", warning: isRefusing ? "overloaded; requests are refused" : undefined },
      {
        name: "table",
        warning: isReadable ? undefined : "can't be read; dispatching from memory",
      },
      {
        name: "history",
        warning: this.#history?.isWritable ? undefined : "can't be written; durable events wait",
      },
    ];
  }
}
