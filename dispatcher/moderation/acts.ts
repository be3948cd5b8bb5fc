/** Which commands are acts of moderation, and what the record says of each. */
import type { CommandInput, CommandOp, CommandResult } from "../../shared/protocol/commands.ts";
import type { ModerationAct } from "../../shared/protocol/moderation/record.ts";

/** What the record says of an act besides what was done, and by whom. */
type Described = Omit<ModerationAct, "act" | "by">;

/** Commands that aren't named change nothing that a moderator answers for. */
const ACTS: {
  readonly [Op in CommandOp]?: (input: CommandInput<Op>, result: CommandResult<Op>) => Described;
} = {
  "totals.set": ({ totals }) => ({ detail: totals }),
  "limits.put": ({ name, perSecond }) => ({
    target: name,
    ...(perSecond === undefined ? {} : { detail: { perSecond } }),
  }),
  "video.end": () => ({}),
  "video.erase": (_input, { events }) => ({ detail: { events } }),
  "actor.erase": ({ actor }, { events, values }) => ({ target: actor, detail: { events, values } }),
  "poll.put": ({ poll }) => ({ target: poll }),
  "ban.put": ({ actor, reason }, { ban: { mode, untilMs } }) => ({
    target: actor,
    ...(reason === undefined ? {} : { why: reason }),
    detail: { mode, untilMs },
  }),
  "rules.put": (_input, { rules }) => ({ detail: rules }),
  "pin.put": ({ id }) => ({ target: id }),
  "pin.delete": () => ({}),
  "actor.retract": ({ actor }, { events }) => ({ target: actor, detail: { events } }),
  "ban.delete": ({ actor }) => ({ target: actor }),
};

/** What the record says of a command that was carried out; undefined: nothing. */
export function actOf<Op extends CommandOp>(
  op: Op,
  input: CommandInput<Op>,
  by: string | undefined,
  result: CommandResult<Op>,
): ModerationAct | undefined {
  const described = ACTS[op]?.(input, result);
  if (described === undefined) return undefined;
  return { act: op, ...(by === undefined ? {} : { by }), ...described };
}

/** The act of deleting one event, which is not a command. */
export const RETRACT_ACT = "event.retract";

/** All that is recorded. */
export const RECORDED_ACTS: readonly string[] = [...Object.keys(ACTS), RETRACT_ACT];
