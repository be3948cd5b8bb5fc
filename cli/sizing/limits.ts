/**
 * What one deployment on one NATS can't pass, however many processes it has, because every gateway or
 * every dispatcher takes part in it, or a single stream does.
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

/** What changes meanwhile is heard after it: a video's first viewer waits so long for likes. */
const TABLE_READ_LIMIT_SECONDS = 5;
/** More gateways or dispatchers in one deployment are not reckoned with. */
export const PROCESSES_LIMIT = 4_000;

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
      limit: TABLE_READ_LIMIT_SECONDS,
    },
    { what: "writes to the table a second", value: flows.rowWrites, limit: stores },
    { what: "records of comments stored a second", value: flows.records, limit: stores },
    {
      what: "looks at the history a second",
      value: flows.historyLooks,
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
 * The first limit that is passed, in words: where processes without end would be needed, it is the
 * cause, and those after it follow from it.
 */
export function passedText(limits: readonly Limit[]): string {
  const passed = limits.find(({ value, limit }) => value >= limit);
  if (passed === undefined) throw new Error("no limit is passed");
  return `${passed.what}: ${count(passed.value)}, and at most ${count(passed.limit)}`;
}
