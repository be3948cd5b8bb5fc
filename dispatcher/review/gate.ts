/**
 * Lets a request's events through to where they are stored, as reviewers judge them. A repeat gets the
 * outcome of the first attempt: what is stored under its id is not judged again.
 */
import { OvationError } from "../../shared/protocol/errors.ts";
import { checkEvent, type LiveRules, type RequestEvent } from "../../shared/protocol/events.ts";
import type { Verdict } from "../../shared/protocol/moderation/review.ts";
import type { History } from "../history/history.ts";
import type { Shadows } from "../moderation/shadows.ts";
import { contentHashOf, type OwnedEvent, ownerOf } from "../publish/owner.ts";
import type { Accepted } from "../requests/replies.ts";
import type { Review } from "./review.ts";
import { reviewedAnswer } from "./reviewed-answer.ts";

interface ReviewGateOptions {
  readonly review: Pick<Review, "verdictOn">;
  readonly history: Pick<History, "takenIds">;
  readonly shadows: Pick<Shadows, "has">;
  readonly rules: LiveRules;
  /** Whether events are accepted that reviewers gave no verdict on in time. */
  readonly isOpen: boolean;
}

type Outcome = OwnedEvent | OvationError;

export class ReviewGate {
  readonly #options: ReviewGateOptions;
  /** Of events with an id, until their request is answered: a repeat that comes meanwhile shares it. */
  readonly #verdicts = new Map<string, Promise<Verdict | undefined>>();

  constructor(options: ReviewGateOptions) {
    this.#options = options;
  }

  /** Whether reviewers must be asked about an event. */
  isNeeded({ kind, trusted, shadow }: RequestEvent): boolean {
    const { kinds } = this.#options.rules;
    return kinds.get(kind)?.review === true && trusted !== true && shadow !== true;
  }

  /**
   * @param accept takes those that are let through
   * @throws OvationError denied for a single event; review_unavailable, history_unavailable,
   * history_busy: then nothing was done with any of them, so that a repeat keeps their order
   */
  async pass(
    video: string,
    inputs: readonly RequestEvent[],
    accept: (passed: readonly OwnedEvent[]) => Accepted | Promise<Accepted>,
  ): Promise<Accepted> {
    const shared: string[] = [];
    try {
      const outcomes = await this.#outcomes(video, inputs, shared);
      const passed = outcomes.filter((one): one is OwnedEvent => !(one instanceof OvationError));
      if (passed.length === 0) return reviewedAnswer(outcomes, undefined);
      try {
        return reviewedAnswer(outcomes, await accept(passed));
      } catch (fault) {
        throw inPlace(fault, outcomes);
      }
    } finally {
      for (const key of shared) this.#verdicts.delete(key);
    }
  }

  /** @param shared gets the keys of the verdicts that repeats may share */
  async #outcomes(
    video: string,
    inputs: readonly RequestEvent[],
    shared: string[],
  ): Promise<readonly Outcome[]> {
    const { history } = this.#options;
    const ids = inputs.flatMap((input) =>
      this.isNeeded(input) && input.id !== undefined ? [input.id] : [],
    );
    const before = await history.takenIds(video, ids);
    const outcomes = await Promise.all(
      inputs.map(async (input) => {
        const isStored = input.id !== undefined && before.has(input.id);
        return isStored || !this.isNeeded(input)
          ? input
          : await this.#outcome(video, input, shared);
      }),
    );
    if (!outcomes.some((one) => one instanceof OvationError)) return outcomes;
    // The first attempt of one that is refused now may have been stored meanwhile.
    const after = await history.takenIds(video, ids);
    return outcomes.map((outcome, index) => {
      const input = inputs[index];
      return input?.id !== undefined && after.has(input.id) ? input : outcome;
    });
  }

  async #outcome(video: string, input: RequestEvent, shared: string[]): Promise<Outcome> {
    const { review, shadows } = this.#options;
    const { id, actor, by = "" } = input;
    if (id === undefined) return this.#judged(input, await review.verdictOn({ video, input }));
    if (actor !== undefined && (await shadows.has(video, actor, id))) {
      return { ...input, shadow: true };
    }
    const key = [video, id, contentHashOf(input), by].join(" ");
    let verdict = this.#verdicts.get(key);
    if (verdict === undefined) {
      verdict = review.verdictOn({ video, input });
      this.#verdicts.set(key, verdict);
      shared.push(key);
    }
    return this.#judged(input, await verdict);
  }

  #judged(input: RequestEvent, verdict: Verdict | undefined): Outcome {
    switch (verdict?.verdict) {
      case "allow":
        return input;
      case "deny":
        return new OvationError("denied", verdict.message);
      case "shadow":
        // Nobody can be shown what has no author.
        return input.actor === undefined ? new OvationError("denied") : { ...input, shadow: true };
      case "replace": {
        const { data: _, ...rest } = input;
        const owned = { ...rest, owner: ownerOf(input) };
        const replaced = verdict.data === undefined ? owned : { ...owned, data: verdict.data };
        // As it was, it may not be published either.
        return this.#isSound(replaced) ? replaced : new OvationError("denied");
      }
      default:
        return this.#options.isOpen ? input : new OvationError("review_unavailable");
    }
  }

  /** Whether an event that a reviewer has changed may still be published. */
  #isSound(input: RequestEvent): boolean {
    try {
      checkEvent(input, this.#options.rules, "", Number.POSITIVE_INFINITY);
      return true;
    } catch {
      return false;
    }
  }
}

/** A refusal that names an event by its place among those that were let through: by that among all. */
function inPlace(fault: unknown, outcomes: readonly Outcome[]): unknown {
  if (!(fault instanceof OvationError) || fault.code !== "event_id_taken") return fault;
  const places = [...outcomes.keys()].filter((at) => !(outcomes[at] instanceof OvationError));
  const at = Number(/\d+/.exec(fault.field ?? "")?.[0] ?? 0);
  const field = outcomes.length === 1 ? "id" : `events[${places[at] ?? 0}].id`;
  return new OvationError(fault.code, `${field}: the id is taken`, { field });
}
