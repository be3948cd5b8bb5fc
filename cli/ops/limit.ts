/** `ovation ops limit`: changes a limit of all gateways for a time, through a dispatcher. */
import type { Bus } from "../../shared/bus/connection.ts";
import { settingNames } from "../../shared/config/setting.ts";
import type { OpsConfig } from "../../shared/config/settings.ts";
import { encodeCommand, resultOf } from "../../shared/protocol/commands.ts";
import { LIVE_LIMIT_MAX, LIVE_LIMITS } from "../../shared/protocol/live-limits.ts";
import { commandSubject, NO_VIDEO } from "../../shared/protocol/subjects.ts";
import { whoRuns } from "../who-runs.ts";
import type { Outcome } from "./gateways.ts";

const ANSWER_MS = 5_000;
const EXIT_WRONG = 2;

function flagOf(name: string): string {
  return settingNames(name).flag.slice(2);
}

/** @param text such as `likes-per-second=2`, or `likes-per-second=default` */
export async function changeLimit(bus: Bus, config: OpsConfig, text: string): Promise<Outcome> {
  const [flag, value = ""] = text.split("=");
  const name = LIVE_LIMITS.find((known) => flagOf(known) === flag);
  const perSecond = value === "default" ? undefined : Number(value);
  const isNumber = /^[0-9]+$/.test(value) && Number(value) >= 1 && Number(value) <= LIVE_LIMIT_MAX;
  if (name === undefined || (value !== "default" && !isNumber)) {
    const known = LIVE_LIMITS.map(flagOf).join(", ");
    const line = `limit: <setting>=<1 to ${LIVE_LIMIT_MAX}, or default>, and the setting is one of ${known}`;
    return { lines: [line], value: { refused: line }, code: EXIT_WRONG };
  }
  const input = { name, forMs: config.forMs, ...(perSecond === undefined ? {} : { perSecond }) };
  const request = encodeCommand("limits.put", input, whoRuns());
  const answer = await bus.request(commandSubject(NO_VIDEO), request, ANSWER_MS);
  const { limits } = resultOf("limits.put", answer);
  const lines = limits.map(
    (limit) =>
      `${flagOf(limit.name)} is ${limit.perSecond} until ${new Date(limit.untilMs).toISOString()}`,
  );
  if (limits.length === 0) lines.push("all limits are those of the settings");
  return { lines, value: { limits }, code: 0 };
}
