/**
 * Settings that all gateways and dispatchers of a deployment must have in common. Each tells its own,
 * a gateway by its lease and a dispatcher when it is asked, and compares them with those of others:
 * where they differ, the one refuses what the other takes.
 */
import { z } from "zod";
import type { Kind } from "./kinds.ts";
import { decode, encodeMsgpack } from "./wire/codec.ts";
import { MalformedError } from "./wire/msgpack-guard.ts";

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
});

/** What a dispatcher answers when it is asked. */
export type DispatcherStatement = z.output<typeof statementSchema>;

/** Those of a process's configuration. */
export function commonSettingsOf(config: {
  readonly kinds: readonly Kind[];
  readonly dataLimitBytes: number;
  readonly leaseMs: number;
}): CommonSettings {
  const kinds = config.kinds.map(({ name, deliveryClass }) => `${name}:${deliveryClass}`);
  return {
    kinds: kinds.toSorted().join(),
    "data-limit-bytes": String(config.dataLimitBytes),
    "lease-ms": String(config.leaseMs),
  };
}

/**
 * What differs, for a person; empty when nothing does. A setting that only one of them tells is none:
 * the other may be of another version.
 */
export function differenceOf(own: CommonSettings, other: CommonSettings): string {
  return Object.entries(own)
    .flatMap(([name, value]) => {
      const there = other[name];
      if (there === undefined || there === value) return [];
      return name === "kinds" ? kindsDifference(value, there) : `${name}: ${value}, there ${there}`;
    })
    .join("; ");
}

function kindsDifference(own: string, other: string): string {
  const [here, there] = [own.split(","), other.split(",")];
  const lists = [
    ["only here", here.filter((kind) => !there.includes(kind))],
    ["only there", there.filter((kind) => !here.includes(kind))],
  ] as const;
  const texts = lists.flatMap(([where, kinds]) =>
    kinds.length === 0 ? [] : `${where} ${kinds.join(",")}`,
  );
  return `kinds: ${texts.join(", ")}`;
}

export function encodeStatement(statement: DispatcherStatement): Uint8Array {
  return encodeMsgpack(statement);
}

/** Undefined for bytes that are no such statement. */
export function decodeStatement(bytes: Uint8Array): DispatcherStatement | undefined {
  try {
    return statementSchema.safeParse(decode("msgpack", bytes)).data;
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}
