// Deletes a comment and mutes its author: node moderate.mjs launch <id> troll-7
import { Ovation } from "ovation-server";

const { OVATION_URL, OVATION_TOKEN } = process.env;
const [videoId, id, actor] = process.argv.slice(2);

const video = new Ovation({ url: OVATION_URL, token: OVATION_TOKEN }).video(videoId);
await video.delete(id);
const mute = { mode: "mute", forMs: 600_000, reason: "spam" };
const { untilMs } = await video.moderation.ban(actor, mute);
console.log("muted until", new Date(untilMs).toISOString());
