/** The dialects by the name that the processes of a run use in their messages. */
import { centrifugeDialect } from "./centrifuge.ts";
import type { Dialect } from "./dialect.ts";
import { ovationDialect } from "./ovation.ts";
import { plainDialect } from "./plain.ts";
import { socketIoDialect } from "./socket-io.ts";

export const DIALECTS = {
  ovation: ovationDialect,
  plain: plainDialect,
  "socket.io": socketIoDialect,
  centrifuge: centrifugeDialect,
} as const satisfies Readonly<Record<string, (kind: string) => Dialect>>;

export type DialectName = keyof typeof DIALECTS;
