/** What a gateway's handlers need, without NATS: for tests of what they do when it answers badly. */
import { deploymentRules } from "../../gateway/api/deployment-rules.ts";
import { messageBounds } from "../../gateway/api/read-message.ts";
import type { GatewayServices } from "../../gateway/api/services.ts";
import type { Grant } from "../../gateway/auth/grant.ts";
import { emptyDeliveryStats } from "../../gateway/delivery/delivery-stats.ts";
import { SharedWrites } from "../../gateway/delivery/shared-writes.ts";
import { Admission } from "../../gateway/limits/admission.ts";
import { BodyBudget } from "../../gateway/limits/body-budget.ts";
import { emptyConnectionStats } from "../../gateway/limits/connection-stats.ts";
import { Rates } from "../../gateway/limits/rates.ts";
import { EventsUnderWay } from "../../gateway/publish/under-way.ts";
import type { GatewayConfig } from "../../shared/config/settings.ts";
import { KindTable } from "../../shared/protocol/kinds.ts";
import { NO_RULES } from "../../shared/protocol/moderation/room-rules.ts";
import { EventIds } from "../../shared/protocol/names.ts";
import { type MonotonicClock, monotonicNow } from "../../shared/runtime/lifecycle.ts";
import { silentLog } from "../../shared/runtime/log.ts";

const NO_SUBSCRIPTION = { unsubscribe: () => undefined, drain: async () => undefined };

/**
 * The parts of a gateway whose every client has this grant. What reaches beyond the process fails.
 * @param fail throws, or returns a promise that rejects
 * @param rateClock the clock of its rates
 */
export function servicesWithoutNats(
  config: GatewayConfig,
  grant: Grant,
  fail: () => never | Promise<never>,
  rateClock: MonotonicClock = monotonicNow,
): GatewayServices {
  const fault = () => fail() as never;
  const connections = emptyConnectionStats();
  const kinds = new KindTable(config.kinds);
  const bus = { publish: () => true, subscribe: () => NO_SUBSCRIPTION };
  return {
    gateway: "alone",
    auth: {
      ofToken: () => grant,
      ofRequest: () => grant,
      ofStream: () => grant,
      ticketFor: () => Promise.reject(new Error("no tickets here")),
    },
    admission: new Admission(config, connections, monotonicNow),
    bodies: new BodyBudget(config.bodiesLimitBytes),
    sharedWrites: new SharedWrites(),
    natsOutage: { admit: () => undefined },
    rates: new Rates({ bus, gateway: "alone", config, now: rateClock }),
    countsActors: config.countActors,
    rules: { kinds, dataLimitBytes: config.dataLimitBytes, learnKinds: async () => undefined },
    messageBounds: messageBounds(config),
    deploymentRules: deploymentRules(config, () => kinds),
    ids: new EventIds(),
    interest: {
      requireRoom: () => undefined,
      hold: fault,
      release: () => undefined,
      historyOf: () => undefined,
    },
    timeline: { read: fault },
    authorsDelete: config.authorsDelete,
    bans: {
      of: () => undefined,
      requirePublishing: () => false,
      requireWatching: () => undefined,
    },
    ownEvents: { showPast: async () => undefined },
    viewerReports: { ask: () => ({}), take: fault },
    banReader: { get: fault, page: fault },
    moderation: { page: fault },
    histories: { epoch: "e", resume: fault, page: fault, positionText: () => undefined },
    roomRules: { of: () => NO_RULES, latest: () => NO_RULES, learn: async () => undefined },
    snapshots: { missing: () => 0, of: fault },
    publisher: {
      client: { publish: fault, retract: fault },
      commands: { send: fault },
      batched: { publish: fault },
      durable: new EventsUnderWay(),
      inOrder: fault,
    },
    delivery: emptyDeliveryStats(),
    connections,
    log: silentLog,
    tracer: undefined,
  };
}
