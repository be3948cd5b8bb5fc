/**
 * The limits of one deployment on one NATS. More processes don't raise them, because the work falls
 * to every gateway, to every dispatcher, or to a single stream.
 */
import type { Flows } from "./flows.ts";
import {
  dispatcherNeed,
  gatewayNeed,
  natsCoresOf,
  receiveCores,
  SERVERS_LIMIT,
  tableCores,
  usable,
} from "./needs.ts";
import { count } from "./numbers.ts";
import type { SizingInput } from "./settings.ts";

/** Changes during a read are applied after it: a video's first viewer waits that long for likes. */
const TABLE_READ_LIMIT_SECONDS = 5;
/** The model doesn't cover more gateways or dispatchers in one deployment. */
export const PROCESSES_LIMIT = 4_000;

export interface Limit {
  readonly what: string;
  /** What this audience needs. */
  readonly value: number;
  readonly limit: number;
}

export function limitsOf(input: SizingInput, flows: Flows): readonly Limit[] {
  const free = usable(input);
  const stores = input.storesPerSecond * free;
  return [
    {
      what: "cores of each gateway, for dispatchers' messages",
      value: receiveCores(input, flows),
      limit: free,
    },
    {
      what: "cores of each dispatcher, for changes of the table",
      value: tableCores(input, flows),
      limit: free,
    },
    {
      what: "seconds for a dispatcher's full read of the table",
      value: flows.rows / input.rowsPerSecond,
      limit: TABLE_READ_LIMIT_SECONDS,
    },
    { what: "writes to the table per second", value: flows.rowWrites, limit: stores },
    { what: "records of comments stored per second", value: flows.records, limit: stores },
    {
      what: "history checks per second",
      value: flows.historyChecks,
      limit: input.looksPerSecond * free,
    },
    {
      what: "cores of the NATS servers",
      value: natsCoresOf(input, flows, SERVERS_LIMIT),
      limit: SERVERS_LIMIT * input.natsCores * free,
    },
    { what: "gateways", value: gatewayNeed(input, flows).total, limit: PROCESSES_LIMIT },
    { what: "dispatchers", value: dispatcherNeed(input, flows).total, limit: PROCESSES_LIMIT },
  ];
}

/** Whether one deployment carries it. */
export function isWithin(limits: readonly Limit[]): boolean {
  return limits.every(({ value, limit }) => value <= limit);
}

/**
 * Describes the first limit that is exceeded. When no number of processes would be enough, it is the
 * cause, and the ones after it are consequences.
 */
export function passedText(limits: readonly Limit[]): string {
  const passed = limits.find(({ value, limit }) => value >= limit);
  if (passed === undefined) throw new Error("no limit is exceeded");
  return `${passed.what}: ${count(passed.value)}, but at most ${count(passed.limit)}`;
}
