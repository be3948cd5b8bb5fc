/**
 * Takes commands off the bus, and passes each to the part that carries it out. See
 * shared/protocol/commands.ts.
 */
import type { CommandInput, CommandOp, CommandResult } from "../../shared/protocol/commands.ts";
import { parseCommand } from "../../shared/protocol/commands.ts";
import { decodeUntrusted } from "../../shared/protocol/decode-untrusted.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import { targetOfCommandSubject } from "../../shared/protocol/subjects.ts";
import { type Encoding, sniffEncoding } from "../../shared/protocol/wire/codec.ts";
import type { TraceContext } from "../../shared/runtime/tracing/trace-context.ts";
import { type Tracer, withSpan } from "../../shared/runtime/tracing/tracer.ts";
import { actOf } from "../moderation/acts.ts";
import type { ModerationLog } from "../moderation/moderation-log.ts";
import type { DispatcherOverload } from "../overload.ts";
import { startDispatchSpan } from "../requests/dispatch-span.ts";
import type { Replies } from "../requests/replies.ts";

/** Commands under way; more are refused. */
const UNDER_WAY_LIMIT = 1_000;

/** What a command was sent for. */
interface CommandContext {
  /** The video; NO_VIDEO for a command about no single one. */
  readonly video: string;
  /** Who sent it, if that is known: a moderator's actor, or the name of an API key. */
  readonly by: string | undefined;
  readonly trace: TraceContext | undefined;
}

/** Carries out a command. @throws OvationError why it is refused */
type CommandHandler<Op extends CommandOp> = (
  input: CommandInput<Op>,
  context: CommandContext,
) => Promise<CommandResult<Op>>;

/** The handler of each command. */
export type CommandHandlers = { readonly [Op in CommandOp]?: CommandHandler<Op> };

interface CommandsOptions {
  readonly replies: Pick<Replies, "later">;
  readonly handlers: CommandHandlers;
  /** Keeps what moderators do. */
  readonly moderation: Pick<ModerationLog, "record">;
  readonly overload: Pick<DispatcherOverload, "admitRequest">;
  readonly tracer: Tracer | undefined;
}

export class Commands {
  readonly stats = { requests: 0 };
  readonly #options: CommandsOptions;
  #underWay = 0;

  constructor(options: CommandsOptions) {
    this.#options = options;
  }

  /** Takes one command, in msgpack or JSON; answered once it is carried out. */
  take(payload: Uint8Array, subject: string, reply: string, traces: readonly TraceContext[]): void {
    this.stats.requests += 1;
    const encoding = sniffEncoding(payload);
    const { replies, tracer } = this.#options;
    const span = startDispatchSpan(tracer, subject, traces);
    const work = this.#carryOut(encoding, payload, subject, span?.trace);
    replies.later(encoding, reply, withSpan(span, work), span?.trace);
  }

  async #carryOut(
    encoding: Encoding,
    payload: Uint8Array,
    subject: string,
    trace: TraceContext | undefined,
  ): Promise<{ readonly result: unknown }> {
    this.#options.overload.admitRequest();
    if (this.#underWay >= UNDER_WAY_LIMIT) {
      const text = `${UNDER_WAY_LIMIT} commands are under way already`;
      throw new OvationError("overloaded", text, { limit: UNDER_WAY_LIMIT });
    }
    const video = targetOfCommandSubject(subject);
    if (video === undefined) throw new OvationError("video_invalid", undefined, { field: "video" });
    const value = decodeUntrusted(encoding, payload, "body_malformed", "the request");
    const { op, input, by } = parseCommand(value, video);
    this.#underWay += 1;
    try {
      const result = await this.#handle(op, input, { video, by, trace });
      const act = actOf(op, input, by, result);
      if (act !== undefined) await this.#options.moderation.record(video, act);
      return { result };
    } finally {
      this.#underWay -= 1;
    }
  }

  async #handle<Op extends CommandOp>(
    op: Op,
    input: CommandInput<Op>,
    context: CommandContext,
  ): Promise<CommandResult<Op>> {
    const handler: CommandHandler<Op> | undefined = this.#options.handlers[op];
    if (handler === undefined) throw new OvationError("op_unknown", undefined, { field: "op" });
    return await handler(input, context);
  }
}
