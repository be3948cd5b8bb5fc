/** Publishes a comment as the newsroom: `npm run say -- "Kick-off!"`. */
import { randomUUID } from "node:crypto";
import { tokenOfBackend } from "./tokens.js";

const gateway = process.env.OVATION_URL ?? "http://127.0.0.1:8080";
const [text] = process.argv.slice(2);

const response = await fetch(`${gateway}/v1/videos/launch/events`, {
  method: "POST",
  headers: {
    Authorization: `Bearer ${await tokenOfBackend()}`,
    "Content-Type": "application/json",
  },
  // With an id of its own, the request may be repeated: the comment is stored once.
  body: JSON.stringify({
    kind: "comment",
    id: randomUUID(),
    actor: "newsroom",
    data: { text, name: "Newsroom" },
  }),
});
console.log(response.status, await response.text());
process.exitCode = response.ok ? 0 : 1;
