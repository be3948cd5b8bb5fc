/**
 * Asks some of the connections for reports of what their viewers get, and adds the reports up. They
 * are claims of clients: for people to look at, never for the gateway to act on.
 */
import type { GatewayConfig } from "../../shared/config/settings.ts";
import { Histogram } from "../../shared/lib/histogram.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import type { ReportTerms, Request } from "../../shared/protocol/wire/messages.ts";
import {
  REPORT_BOUNDS_MS,
  type ReportedDistribution,
} from "../../shared/protocol/wire/viewer-report.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";

const BOUNDS_SECONDS = REPORT_BOUNDS_MS.map((ms) => ms / 1_000);
/** From a page that is back at once to a journey through a tunnel. */
const AWAY_SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] as const;
const CLOCK_ERROR_SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1] as const;

export type ViewerReport = Omit<Request<"report">, "op">;

/** All reports together. Durations are in seconds. */
export class ReportStats {
  readonly transient = new Histogram(BOUNDS_SECONDS);
  readonly durable = new Histogram(BOUNDS_SECONDS);
  readonly published = new Histogram(BOUNDS_SECONDS);
  readonly away = new Histogram(AWAY_SECONDS);
  readonly clockError = new Histogram(CLOCK_ERROR_SECONDS);
  /** Connections that were asked. */
  asked = 0;
  reports = 0;
  missed = 0;
  repeated = 0;
  recovered = 0;
  failed = 0;

  add(report: ViewerReport): void {
    this.reports += 1;
    addTo(this.transient, report.transient);
    addTo(this.durable, report.durable);
    addTo(this.published, report.published);
    if (report.awayMs !== undefined) this.away.observe(report.awayMs / 1_000);
    if (report.clockErrorMs !== undefined) this.clockError.observe(report.clockErrorMs / 1_000);
    this.missed += report.missed ?? 0;
    this.repeated += report.repeated ?? 0;
    this.recovered += report.recovered ?? 0;
    this.failed += report.failed ?? 0;
  }
}

function addTo(histogram: Histogram, reported: ReportedDistribution | undefined): void {
  if (reported !== undefined) histogram.add(reported.counts, reported.sumMs / 1_000);
}

/** What `connect` answers to most connections. */
const NOTHING: { readonly report?: ReportTerms } = {};

export class ViewerReports {
  readonly stats = new ReportStats();
  readonly #oneIn: number;
  readonly #answer: { readonly report: ReportTerms };
  readonly #now: MonotonicClock;
  #connections = 0;
  /** When each connection that was asked may report again. */
  readonly #nextAt = new WeakMap<object, number>();

  constructor(
    config: Pick<GatewayConfig, "viewerReportsOneIn" | "viewerReportsIntervalMs">,
    now: MonotonicClock,
  ) {
    this.#oneIn = config.viewerReportsOneIn;
    this.#answer = {
      report: { everyMs: config.viewerReportsIntervalMs, boundsMs: REPORT_BOUNDS_MS },
    };
    this.#now = now;
  }

  /**
   * Asks every so many connections, the first one among them, so that a small audience has one too.
   * @returns what the answer to `connect` says of it
   */
  ask(connection: object): { readonly report?: ReportTerms } {
    const turn = this.#connections;
    this.#connections += 1;
    if (this.#oneIn === 0 || turn % this.#oneIn !== 0) return NOTHING;
    this.stats.asked += 1;
    this.#nextAt.set(connection, Number.NEGATIVE_INFINITY);
    return this.#answer;
  }

  /** @throws OvationError report_unwanted, or rate_limited when it comes too early */
  take(connection: object, report: ViewerReport): void {
    const nextAt = this.#nextAt.get(connection);
    if (nextAt === undefined) throw new OvationError("report_unwanted");
    const now = this.#now();
    const { everyMs } = this.#answer.report;
    if (now < nextAt) {
      const text = `a report is wanted every ${everyMs} ms`;
      throw new OvationError("rate_limited", text, { retryAfterMs: Math.ceil(nextAt - now) });
    }
    // The network may bring two closer together than they were sent.
    this.#nextAt.set(connection, now + everyMs / 2);
    this.stats.add(report);
  }
}
