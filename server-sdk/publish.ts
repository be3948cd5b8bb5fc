/** Publishing a list of events: a repeat has the same ids, and leaves out what was accepted. */
import { randomUUID } from "node:crypto";
import { errorIn, isFields, type OvationError } from "./error.ts";
import type { Http } from "./http.ts";
import type { EventInput, Published } from "./types.ts";

/**
 * What became of one event of a list: it was accepted, or refused with `error`.
 *
 * @example
 * const isRefused = ({ error }: Outcome) => error !== undefined;
 */
export interface Outcome extends Published {
  /** Why it was refused: a vote that doesn't count, or an event that a reviewer denied. */
  readonly error?: OvationError;
}

/** @param path of the video's events */
export async function publishAll(
  http: Http,
  path: string,
  events: readonly EventInput[],
): Promise<readonly Outcome[]> {
  const list = new PublishList(events);
  return await send(http, path, list, () => list.left);
}

/** @throws OvationError also for one that was refused by itself */
export async function publishOne(http: Http, path: string, event: EventInput): Promise<Published> {
  const list = new PublishList([event]);
  // Not as a list: the fields in its errors have their own names.
  const [outcome = { id: "" }] = await send(http, path, list, () => list.left[0]);
  const { error, ...published } = outcome;
  if (error !== undefined) throw error;
  return published;
}

async function send(
  http: Http,
  path: string,
  list: PublishList,
  body: () => unknown,
): Promise<readonly Outcome[]> {
  // A long list is forwarded in parts, and those before a failed one were accepted.
  const onFailure = (answer: unknown) => list.take(answer);
  list.take((await http.send({ method: "POST", path, body, onFailure })).body);
  return list.outcomes;
}

/** A list that is being published. */
class PublishList {
  readonly #events: readonly (EventInput & { readonly id: string })[];
  readonly #done = new Map<string, Outcome>();

  constructor(events: readonly EventInput[]) {
    this.#events = events.map((event) => ({ ...event, id: event.id ?? randomUUID() }));
  }

  /** The events that are not known to be accepted or refused. */
  get left(): readonly EventInput[] {
    return this.#events.filter(({ id }) => !this.#done.has(id));
  }

  /** What became of each event, in their order. */
  get outcomes(): readonly Outcome[] {
    return this.#events.map(({ id }) => this.#done.get(id) ?? { id });
  }

  /** @param answer to a request with the events that were left */
  take(answer: unknown): void {
    if (!isFields(answer)) return;
    const { left } = this;
    const [ids, seqs] = [listIn(answer["accepted"]), listIn(answer["seqs"])];
    for (const [index, id] of ids.entries()) {
      const seq = seqs[index];
      if (typeof id !== "string") continue;
      this.#done.set(id, { id, ...(typeof seq === "number" ? { seq } : {}) });
    }
    for (const one of listIn(answer["refused"]).filter(isFields)) {
      const id = left[Number(one["index"])]?.id;
      const error = errorIn(one);
      if (id !== undefined && error !== undefined) this.#done.set(id, { id, error });
    }
  }
}

function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
