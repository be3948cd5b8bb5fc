/** All rows of the dashboard, from top to bottom. */
import { dispatching } from "./dispatching.ts";
import { hooks } from "./hooks.ts";
import { nats } from "./nats.ts";
import { overview } from "./overview.ts";
import type { Row } from "./panel.ts";
import { processes } from "./processes.ts";
import { reports } from "./reports.ts";
import { stores } from "./stores.ts";
import { viewers } from "./viewers.ts";

export const rows: readonly Row[] = [
  ...overview,
  ...reports,
  ...viewers,
  ...dispatching,
  ...nats,
  ...stores,
  ...hooks,
  ...processes,
];
