/** Sends commands to the dispatchers over NATS and returns their results. */
import {
  type CommandInput,
  type CommandOp,
  type CommandResult,
  encodeCommand,
  resultOf,
} from "../../shared/protocol/commands.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import { gatewayCommandSubject } from "../../shared/protocol/subjects.ts";
import { NO_TRACES, type TraceContext } from "../../shared/runtime/tracing/trace-context.ts";
import type { PartitionRequests } from "./partition-requests.ts";

/** Commands that wait for a dispatcher's answer; more are refused. */
const UNDER_WAY_LIMIT = 1_000;

interface CommandClientOptions {
  readonly requests: Pick<PartitionRequests, "send">;
}

interface CommandSender {
  /** A moderator's actor, or the name of an API key. */
  readonly by?: string | undefined;
  readonly trace?: TraceContext | undefined;
}

export class CommandClient {
  readonly #options: CommandClientOptions;
  #underWay = 0;

  constructor(options: CommandClientOptions) {
    this.#options = options;
  }

  /**
   * @param video or NO_VIDEO for a command about no single one
   * @param sender who sends it, if that is recorded, and the trace that it belongs to
   * @throws OvationError why it is refused; unavailable, timeout
   */
  async send<Op extends CommandOp>(
    op: Op,
    video: string,
    input: CommandInput<Op>,
    { by, trace }: CommandSender = {},
  ): Promise<CommandResult<Op>> {
    if (this.#underWay >= UNDER_WAY_LIMIT) {
      const text = `${UNDER_WAY_LIMIT} commands already wait for the dispatchers`;
      throw new OvationError("unavailable", text, { limit: UNDER_WAY_LIMIT });
    }
    const traces = trace === undefined ? NO_TRACES : [trace];
    const request = encodeCommand(op, input, by);
    this.#underWay += 1;
    try {
      const answer = await this.#options.requests.send(
        gatewayCommandSubject,
        video,
        request,
        traces,
      );
      return resultOf(op, answer);
    } finally {
      this.#underWay -= 1;
    }
  }
}
