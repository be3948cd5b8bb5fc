/** The dialects by name, as the processes of a run tell them to each other. */
import type { Dialect } from "./dialect.ts";
import { ovationDialect } from "./ovation.ts";

export const DIALECTS = { ovation: ovationDialect } as const satisfies Readonly<
  Record<string, (kind: string) => Dialect>
>;

export type DialectName = keyof typeof DIALECTS;
