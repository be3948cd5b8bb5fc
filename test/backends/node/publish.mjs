// Publishes a comment: node publish.mjs launch anna "Hello"
import { Ovation } from "ovation-server";

const { OVATION_URL, OVATION_TOKEN } = process.env;
const [video, actor, text] = process.argv.slice(2);

const ovation = new Ovation({ url: OVATION_URL, token: OVATION_TOKEN });
// It repeats the request where that is safe, and the comment is stored once.
const { id, seq } = await ovation.video(video).publish({ kind: "comment", actor, data: { text } });
console.log(id, seq);
