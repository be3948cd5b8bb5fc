import { integer, type SettingGroup } from "./setting.ts";

/** When a process counts as overloaded; `docs/operations.md` says what it does then. */
export const overloadSettings = {
  overloadDelayMs: integer({
    min: 10,
    max: 60_000,
    default: 1000,
    unit: "ms",
    doc: "How late a process may be on average: its event loop, a gateway's frames, a dispatcher's reading from NATS. At a quarter of it a gateway widens its frame interval, at half it samples transient events, and from there on it refuses new viewers until it has caught up. A dispatcher refuses transient events at the full value.",
  }),
  memoryLimitBytes: integer({
    min: 0,
    max: 1_099_511_627_776,
    default: 0,
    unit: "bytes",
    doc: "How much memory a process may use; beyond nine tenths of it a gateway refuses new viewers, and a dispatcher transient events. 0 stands for the container's limit; without one there is no limit.",
  }),
} as const satisfies SettingGroup;
