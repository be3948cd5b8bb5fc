/**
 * What one deployment on one NATS can't pass, however many processes it has, because every gateway or
 * every dispatcher takes part in it, or a single stream does.
 */
import { SNAPSHOT_TIMEOUT_MS } from "../../shared/bus/follower.ts";
import type { Flows } from "./flows.ts";
import {
  dispatcherNeed,
  gatewayNeed,
  natsNeed,
  receiveCores,
  tableCores,
  usable,
} from "./needs.ts";
import type { SizingInput } from "./settings.ts";

export interface Limit {
  readonly what: string;
  /** What this audience comes to. */
  readonly value: number;
  readonly limit: number;
}

export function limitsOf(input: SizingInput, flows: Flows): readonly Limit[] {
  const free = usable(input);
  const stores = input.storesPerSecond * free;
  return [
    {
      what: "cores of each gateway for what dispatchers send it",
      value: receiveCores(input, flows),
      limit: free,
    },
    {
      what: "cores of each dispatcher for what it hears of the table",
      value: tableCores(input, flows),
      limit: free,
    },
    {
      what: "seconds in which a dispatcher reads the table whole",
      value: flows.rows / input.rowsPerSecond,
      limit: SNAPSHOT_TIMEOUT_MS / 1_000,
    },
    { what: "writes to the table a second", value: flows.rowWrites, limit: stores },
    { what: "records of comments stored a second", value: flows.records, limit: stores },
    {
      what: "looks at the history a second",
      value: flows.historyLooks,
      limit: input.looksPerSecond * free,
    },
  ];
}

/** By how much this is too much for one deployment; up to 1 it is not. */
export function overBy(input: SizingInput, flows: Flows, limits: readonly Limit[]): number {
  const isCarried = [gatewayNeed, dispatcherNeed, natsNeed].every((need) =>
    Number.isFinite(need(input, flows).needed),
  );
  const most = Math.max(...limits.map(({ value, limit }) => value / limit));
  return isCarried ? most : Math.max(most, 2);
}
