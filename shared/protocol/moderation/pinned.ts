/** An event as it is pinned: the value of the built-in state `pinned`. */
import { z } from "zod";

export const pinnedSchema = z.object({
  id: z.string(),
  kind: z.string(),
  /** Milliseconds since 1970. */
  at: z.number(),
  actor: z.string().optional(),
  data: z.unknown().optional(),
  seq: z.number(),
});
export type PinnedEvent = Readonly<z.output<typeof pinnedSchema>>;

/** Of a durable event, or of a value of the state; undefined for what is none. */
export function parsePinned(value: unknown): PinnedEvent | undefined {
  return pinnedSchema.safeParse(value).data;
}
