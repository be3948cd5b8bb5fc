/** Generates `match.json`: a 90-minute match in 90 seconds, with three goals. Run it to regenerate. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Recording } from "./recording.ts";

const MINUTES = 90;
const GOALS = [17, 43, 78];
const HALF_TIME = 45;
const FULL = 4_000;

/** Viewers arrive until well after kick-off, some leave at half-time, and the rest at the end. */
function viewersAt(minute: number): number {
  const arrived = 1 - Math.exp(-(minute + 2) / 6);
  const away = minute > HALF_TIME && minute < HALF_TIME + 6 ? 0.75 : 1;
  const leaving = minute > MINUTES - 4 ? 1 - 0.15 * (minute - MINUTES + 4) : 1;
  return Math.round(FULL * arrived * away * leaving);
}

/** Nearly everybody likes a goal within a minute or two; otherwise there are occasional likes. */
function excitementAt(minute: number): number {
  return GOALS.reduce((sum, goal) => {
    const since = minute - goal;
    return since < 0 ? sum : sum + Math.exp(-since / 1.2);
  }, 0);
}

const points = Array.from({ length: MINUTES + 1 }, (_, minute) => {
  const viewers = viewersAt(minute);
  const excitement = excitementAt(minute);
  const isOver = minute === MINUTES;
  return {
    at: minute,
    viewers,
    likes: isOver ? 0 : Math.round(viewers * (0.004 + 0.2 * excitement)),
    comments: isOver ? 0 : Math.round(viewers * (0.0005 + 0.01 * excitement)),
  };
});
const about = "A match with goals in minutes 17, 43 and 78, a minute played in a second. Made up.";
const recording: Recording = { format: 1, about, points };
writeFileSync(join(import.meta.dirname, "match.json"), `${JSON.stringify(recording)}\n`);
