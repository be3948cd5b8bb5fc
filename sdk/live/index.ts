/** Values that change, loaded when they are first listened to. It shares no module with the core. */
import type { Counts } from "../../shared/protocol/wire/server-messages.ts";
import type { LiveValue } from "../live-value.ts";
import type { FollowedHost } from "./host.ts";
import { VideoPoll } from "./poll.ts";
import { reactionsIn } from "./reactions.ts";
import type { Poll } from "./shown-poll.ts";
import { SlowMode } from "./slow-mode.ts";
import { VideoTotals } from "./video-totals.ts";

export { countsOf } from "./counts.ts";
export { stateOf } from "./state.ts";

/** So that all handles of a video show the same. */
const followed = new WeakMap<FollowedHost, Map<string, LiveValue<unknown>>>();

function shared<Value extends LiveValue<unknown>>(
  host: FollowedHost,
  key: string,
  make: () => Value,
): Value {
  const values = followed.get(host) ?? new Map<string, LiveValue<unknown>>();
  followed.set(host, values);
  const value = (values.get(key) as Value | undefined) ?? make();
  values.set(key, value);
  return value;
}

/** The totals of a video. */
export function totalsOf(host: FollowedHost, video: string): LiveValue<Counts> {
  return shared(host, video, () => new VideoTotals(host, video));
}

/** The totals of a kind's variants. */
export function reactionsOf(host: FollowedHost, video: string, kind: string): LiveValue<Counts> {
  return reactionsIn(totalsOf(host, video), kind);
}

/** When this client may publish its next durable event. */
export function canSendAtOf(host: FollowedHost, video: string): LiveValue<number | undefined> {
  return shared(host, `${video} /`, () => new SlowMode(host, video));
}

/** A poll, with this client's own vote. */
export function pollOf(
  host: FollowedHost,
  video: string,
  name: string,
): LiveValue<Poll | undefined> {
  return shared(host, `${video} ${name}`, () => new VideoPoll(host, video, name));
}
