/** How far each endpoint and each source of `ovation hooks` is: entries of the bucket `ov_hooks`. */
import { z } from "zod";

/** The key of the lease: see hooks/lease.ts. */
export const LEASE_KEY = "lease";
const ENDPOINT_PREFIX = "endpoint.";
const SOURCE_PREFIX = "source.";

/** Names of endpoints: they are parts of keys and subjects. */
export const ENDPOINT_PATTERN = /^[a-z0-9][a-z0-9_-]{0,31}$/;

export const endpointKey = (name: string): string => ENDPOINT_PREFIX + name;
export const sourceKey = (name: string): string => SOURCE_PREFIX + name;

/** The inverse of {@link endpointKey}; undefined for another key. */
export function endpointOfKey(key: string): string | undefined {
  return key.startsWith(ENDPOINT_PREFIX) ? key.slice(ENDPOINT_PREFIX.length) : undefined;
}

const batchSchema = z.object({
  /** Sequences of the first and the last message in it. */
  first: z.int(),
  last: z.int(),
  /** When it was first sent, in milliseconds since 1970. */
  since: z.number(),
});

const endpointSchema = z.object({
  /** The incarnation of the stream that the sequences belong to. */
  epoch: z.string(),
  /** The sequence up to which everything was delivered, or given up. */
  position: z.int().min(0),
  /** What is being delivered: its bounds are stored before it is first sent, so a repeat is the same. */
  batch: batchSchema.nullable(),
  /** Rises with each replay: what is replayed has other webhook ids. */
  generation: z.int().min(0),
  /** When the endpoint answered that it is gone (410), in milliseconds since 1970. */
  goneAt: z.number().nullable(),
});
export type EndpointBatch = Readonly<z.output<typeof batchSchema>>;
export type EndpointProgress = Readonly<z.output<typeof endpointSchema>>;

const sourceSchema = z.object({
  epoch: z.string(),
  /** The sequence up to which everything was collected. */
  position: z.int().min(0),
  /** When the server stored that message, in milliseconds since 1970. */
  at: z.number(),
});
export type SourceProgress = Readonly<z.output<typeof sourceSchema>>;

const leaseSchema = z.object({ holder: z.string(), renewals: z.number() });
export type HooksLease = Readonly<z.output<typeof leaseSchema>>;

function decoded<T>(schema: z.ZodType<T>, value: Uint8Array | undefined): T | undefined {
  if (value === undefined) return undefined;
  try {
    return schema.safeParse(JSON.parse(Buffer.from(value).toString())).data;
  } catch {
    return undefined;
  }
}

export const decodeEndpoint = (value: Uint8Array | undefined) => decoded(endpointSchema, value);
export const decodeSource = (value: Uint8Array | undefined) => decoded(sourceSchema, value);
export const decodeHooksLease = (value: Uint8Array | undefined) => decoded(leaseSchema, value);

export function encodeProgress(value: EndpointProgress | SourceProgress | HooksLease): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** The webhook id of a batch: the same for each attempt, by whichever instance. */
export function webhookIdOf(
  endpoint: string,
  { epoch, generation }: Pick<EndpointProgress, "epoch" | "generation">,
  { first, last }: Pick<EndpointBatch, "first" | "last">,
): string {
  return `msg_${endpoint}_${epoch}_${generation}_${first}_${last}`;
}
