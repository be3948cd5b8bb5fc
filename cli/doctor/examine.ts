/** The whole examination: two snapshots, with enough time between them. */
import { setTimeout as wait } from "node:timers/promises";
import type { Bus } from "../../shared/bus/connection.ts";
import type { DoctorConfig } from "../../shared/config/settings.ts";
import { diagnose, expiredLeases, type Finding } from "./diagnose.ts";
import { type Snapshot, takeSnapshot } from "./snapshot.ts";

export interface Examination {
  readonly findings: readonly Finding[];
  readonly snapshot: Snapshot;
}

/**
 * Compares the table with the leases and with what gateways report. Changes nothing.
 * Takes `lookAgainMs`, or a lease's time when a gateway shows no sign of life.
 * @throws OvationError when NATS or its JetStream can't be reached
 */
export async function examine(bus: Bus, config: DoctorConfig): Promise<Examination> {
  const first = await takeSnapshot(bus, config);
  await wait(config.lookAgainMs);
  let second = await takeSnapshot(bus, config);
  let isLeaseTime = config.lookAgainMs >= config.leaseMs;
  if (!isLeaseTime && expiredLeases(first, second).length > 0) {
    await wait(config.leaseMs - config.lookAgainMs);
    second = await takeSnapshot(bus, config);
    isLeaseTime = true;
  }
  return { findings: diagnose(first, second, isLeaseTime), snapshot: second };
}
