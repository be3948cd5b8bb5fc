/** `ovation store purge`: erases all that is kept of a video, as a moderator does over HTTP. */
import { encodeCommand, resultOf } from "../../shared/protocol/commands.ts";
import { videoSchema } from "../../shared/protocol/events.ts";
import { commandSubject } from "../../shared/protocol/subjects.ts";
import { whoRuns } from "../who-runs.ts";
import { Refused, result, type StoreRun, say } from "./command.ts";

const ANSWER_MS = 60_000;

/** @throws Refused, OvationError */
export async function purge({ bus, config, word }: StoreRun): Promise<number> {
  const parsed = videoSchema.safeParse(word);
  if (!parsed.success) throw new Refused(`purge: ${word} is not a video's id`);
  const video = parsed.data;
  const request = encodeCommand("video.erase", {}, whoRuns());
  const answer = await bus.request(commandSubject(video), request, ANSWER_MS);
  const { events } = resultOf("video.erase", answer);
  say(config, `${events} events of ${video} are erased, and all else that was kept of it.`);
  result(config, { video, events });
  return 0;
}
