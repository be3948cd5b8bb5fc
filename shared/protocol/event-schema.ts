/** An event as viewers get it, as a schema; the type is in event.ts, which browsers use. */
import { z } from "zod";

export const eventSchema = z.object({
  id: z.string(),
  kind: z.string(),
  at: z.number().meta({ description: "When it was accepted, in milliseconds since 1970." }),
  actor: z.string().optional(),
  data: z.unknown().optional(),
  seq: z.number().optional(),
  prev: z.number().optional(),
});
