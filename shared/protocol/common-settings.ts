/**
 * Settings that must be the same for all gateways and dispatchers of a deployment. Each publishes
 * its own, a gateway in its lease and a dispatcher on request, and compares them with the others':
 * where they differ, one process refuses what another accepts.
 */
import { z } from "zod";
import { servedSchema } from "./dispatching.ts";
import { encodeMsgpack } from "./wire/codec.ts";
import { decodeAs } from "./wire/decode-as.ts";

const TEXT_LIMIT = 4_096;
const NAMES_LIMIT = 64;

export const commonSettingsSchema = z
  .record(z.string().max(64), z.string().max(TEXT_LIMIT))
  .refine((settings) => Object.keys(settings).length <= NAMES_LIMIT);

/** Each setting's value as text, by its name. */
export type CommonSettings = z.output<typeof commonSettingsSchema>;

const statementSchema = z.object({
  dispatcher: z.string().max(64),
  settings: commonSettingsSchema,
  /** The revision of the kinds that it uses. */
  kinds: z.number().optional(),
  /** The partitions that it serves. */
  serves: servedSchema.optional(),
});

/** A dispatcher's answer to a request for its settings. */
export type DispatcherStatement = z.output<typeof statementSchema>;

/** The common settings of a process's configuration. */
export function commonSettingsOf(config: {
  readonly dataLimitBytes: number;
  readonly leaseMs: number;
  readonly countActors: boolean;
  readonly partitions: number;
}): CommonSettings {
  return {
    "data-limit-bytes": String(config.dataLimitBytes),
    "lease-ms": String(config.leaseMs),
    "count-actors": String(config.countActors),
    partitions: String(config.partitions),
  };
}

/**
 * The differences in words; empty when there are none. A setting that only one side states doesn't
 * count: the other may be of another version.
 */
export function differenceOf(own: CommonSettings, other: CommonSettings): string {
  return Object.entries(own)
    .flatMap(([name, value]) => {
      const there = other[name];
      if (there === undefined || there === value) return [];
      return `${name}: ${value}, there ${there}`;
    })
    .join("; ");
}

export function encodeStatement(statement: DispatcherStatement): Uint8Array {
  return encodeMsgpack(statement);
}

/** Undefined for bytes that aren't a statement. */
export function decodeStatement(bytes: Uint8Array): DispatcherStatement | undefined {
  return decodeAs(statementSchema, bytes);
}
