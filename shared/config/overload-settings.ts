import { integer, type SettingGroup } from "./setting.ts";

/** When a process counts as overloaded; `docs/operations.md` says what it does then. */
export const overloadSettings = {
  overloadDelayMs: integer({
    min: 10,
    max: 60_000,
    default: 1000,
    unit: "ms",
    doc: "How late a process may be on average: its event loop, a gateway's frames, what a dispatcher hears of NATS. At a quarter of it a gateway widens its frames, at half it samples transient events, and from there on it takes nobody new until it has caught up. A dispatcher refuses transient events at all of it.",
  }),
  memoryLimitBytes: integer({
    min: 0,
    max: 1_099_511_627_776,
    default: 0,
    unit: "bytes",
    doc: "How much memory a process may take; beyond nine tenths of it a gateway takes nobody new, and a dispatcher no transient event. 0 stands for what its container may take; without a container's limit there is none.",
  }),
} as const satisfies SettingGroup;
