/** The report that gateways send each other of what clients have published since the last one. */
import { z } from "zod";
import { type ClientKey, isClientKey } from "./client-key.ts";

const clientKey = z.custom<ClientKey>((value) => typeof value === "string" && isClientKey(value));

export const spendingSchema = z.object({
  /** Each client with what its events cost. */
  spent: z.array(z.tuple([clientKey, z.int().min(1)])).max(1_000),
});
