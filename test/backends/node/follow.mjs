// Prints a video's comments, and goes on where it was: node follow.mjs launch
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { Ovation } from "ovation-client";

const { OVATION_URL, OVATION_TOKEN, POSITION_FILE: file = "position.json" } = process.env;
const [id] = process.argv.slice(2);
const after = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;

const ovation = new Ovation({ url: OVATION_URL, token: OVATION_TOKEN });
// With the scope `observe`, it isn't counted as a viewer.
const video = ovation.video(id, { after, hidden: true });

function handle(event) {
  console.log(event.kind, event.id);
  // In a real backend: in the same transaction as what it does.
  writeFileSync(file, JSON.stringify({ seq: event.seq, epoch: video.epoch }));
}

video.on("comment", handle);
video.on("retracted", handle);
video.onMissed(({ isNewHistory }) => console.log("missed", isNewHistory ? "all" : "some"));
ovation.onError((error) => console.error(error.code, error.message));
