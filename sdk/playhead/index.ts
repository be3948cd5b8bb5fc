/** What shows events when the picture gets there, loaded on use. It shares no module with the core. */
import type { Playhead } from "../playhead.ts";
import { core } from "./core.ts";
import { Hold } from "./hold.ts";
import type { HeldHost, ReplayHost, ReportingHost, VideoPart } from "./host.ts";
import { Replay } from "./replay.ts";

export { receiveCore } from "./core.ts";

/** Holds what arrives of a video until its picture is shown. */
export function held(video: string, host: HeldHost & ReportingHost, playhead: Playhead): VideoPart {
  return new Hold(video, host, { playhead, onInvalid: invalidPlayhead(video, host) });
}

/** Plays what happened on a video along a recording of it. */
export function replayed(
  video: string,
  host: ReplayHost,
  { from, to, playhead }: { from: number; to: number; playhead: Playhead },
): VideoPart {
  return new Replay(video, host, { from, to, playhead, onInvalid: invalidPlayhead(video, host) });
}

function invalidPlayhead(video: string, { report }: ReportingHost) {
  return (cause: unknown) => {
    const message = `the playhead can't be read, and counts as unknown: ${cause}`;
    report(new core.OvationError("playhead_invalid", message, { video, cause }));
  };
}
