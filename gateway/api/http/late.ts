/** Answers that come late on purpose. */
import { setTimeout as wait } from "node:timers/promises";
import { asOvationError } from "../../../shared/protocol/errors.ts";

/** With the share of connections that one client has, it bounds how often it can be refused. */
const LATE_MS = 250;

/** Resolves after a while if the fault is that a client exceeds its rate, and at once otherwise. */
export async function lateIfLimited(fault: unknown): Promise<void> {
  if (asOvationError(fault).code === "rate_limited") await wait(LATE_MS);
}
