/** SDK clients for a test, and what they receive. */
import { onTestFinished } from "vitest";
import { Ovation, type OvationEvent, type OvationOptions } from "../../../sdk/index.ts";
import { eventually } from "../../support/eventually.ts";
import { Recorder } from "../../support/recorder.ts";

/** Reconnects quickly whatever the jitter; requests fresh tokens as often as tests need. */
export const QUICK = {
  reconnectFirstMs: 50,
  reconnectMaxMs: 200,
  refreshMinMs: 200,
} as const satisfies Partial<OvationOptions>;

/**
 * A client that is closed after the test. A hook of this module would not do that: files share its
 * instance, and the hooks of a module are those of the file that loaded it first.
 */
export function client<Kinds extends object = object>(
  url: string | readonly string[],
  options: Partial<OvationOptions> = {},
): Ovation<Kinds> {
  const ovation = new Ovation<Kinds>({ url, ...QUICK, ...options });
  onTestFinished(() => ovation.close());
  return ovation;
}

/** Records a client's events of one kind. */
export function listen(ovation: Ovation, id: string, kind = "like") {
  const events = new Recorder<OvationEvent>();
  const viewers = new Recorder<OvationEvent>();
  const video = ovation.video(id);
  const offs = [video.on(kind, events.take), video.on("viewers", viewers.take)];
  return {
    events,
    /** Resolves when this viewer is counted: it is subscribed, and dispatchers know of it. */
    joined: async () => void (await viewers.first(() => true)),
    off: () => {
      for (const off of offs) off();
    },
  };
}

/** Publishes likes until this client receives one, however recently it subscribed. */
export async function likesArrive(ovation: Ovation, id: string, likes: Recorder<OvationEvent>) {
  const before = likes.all.length;
  await eventually(async () => {
    await ovation.video(id).publish("like");
    return likes.all.length > before;
  });
}

/** The states of a client, starting with the current one. */
export function statesOf(ovation: Pick<Ovation, "state" | "onState">) {
  const states = new Recorder<Ovation["state"]>();
  states.take(ovation.state);
  ovation.onState(states.take);
  return states;
}

/** Resolves when the client is connected. */
export async function connected(ovation: Pick<Ovation, "state" | "onState">) {
  const states = statesOf(ovation);
  const state = await states.first(({ name }) => name === "connected");
  if (state.name !== "connected") throw new Error("not connected");
  return state;
}
