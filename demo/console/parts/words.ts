/** Times and numbers in words. */

const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
] as const;

/** Such as “10 minutes”, by the largest unit that fits. */
export function forWords(ms: number): string {
  const [unit, size] = UNITS.find(([, least]) => ms >= least) ?? ["second", 1_000];
  const count = Math.round(ms / size);
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

/** Such as “until 14:05”, or “until 3 May, 14:05” on another day. @param untilMs null: never ends */
export function untilWords(untilMs: number | null, nowMs: number): string {
  return untilMs === null ? "until it is taken back" : `until ${timeWords(untilMs, nowMs)}`;
}

/** Such as “14:05”, or “3 May, 14:05” on another day. */
export function timeWords(atMs: number, nowMs: number): string {
  const at = new Date(atMs);
  const isToday = at.toDateString() === new Date(nowMs).toDateString();
  const time = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  const isThisYear = at.getFullYear() === new Date(nowMs).getFullYear();
  const year = isThisYear ? {} : ({ year: "numeric" } as const);
  const day = isToday ? {} : ({ day: "numeric", month: "short", ...year } as const);
  return at.toLocaleString("en-GB", { ...day, ...time });
}

/** With seconds: in a chat, minutes are too coarse. */
export function clockOf(atMs: number): string {
  return new Date(atMs).toLocaleTimeString("en-GB", { hourCycle: "h23" });
}

export function numberWords(count: number): string {
  return count.toLocaleString("en");
}
