/** Reads a message of another process, which may be anything. */
import type { z } from "zod";
import { decode } from "./codec.ts";
import { MalformedError } from "./msgpack-guard.ts";
import { RefusedValue } from "./value-rules.ts";

/** Decodes MessagePack of the schema's shape; undefined for anything else. */
export function decodeAs<T>(schema: z.ZodType<T>, bytes: Uint8Array): T | undefined {
  try {
    return schema.safeParse(decode("msgpack", bytes)).data;
  } catch (error) {
    if (error instanceof MalformedError || error instanceof RefusedValue) return undefined;
    throw error;
  }
}
