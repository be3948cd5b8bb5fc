/** The report that gateways send each other of what actors have published since the last one. */
import { z } from "zod";

export const spendingSchema = z.object({
  /** Each actor with the number of its events. */
  spent: z.array(z.tuple([z.string().min(1).max(128), z.int().min(1)])).max(1_000),
});
