/** Keeps all comments of all videos in Postgres: each once, and none that was deleted. */
import { connect } from "@nats-io/transport-node";
import { Ovation } from "ovation-server";
import { Comments } from "./comments.js";

const { host, username, password } = new URL(process.env.OVATION_NATS_URL ?? "");
const nats = await connect({
  servers: host,
  user: username,
  pass: password,
  inboxPrefix: "_INBOX.consumer",
  // It waits for NATS for as long as it takes.
  maxReconnectAttempts: -1,
  waitOnFirstConnect: true,
});
const ovation = new Ovation({ url: process.env.OVATION_URL ?? "http://127.0.0.1:8080", nats });
const comments = await Comments.open(process.env.DATABASE_URL);

const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());
process.once("SIGINT", () => stop.abort());

// Any fault but this one ends the program: whatever runs it starts it again, and it goes on from there.
while (!stop.signal.aborted) {
  const options = { from: comments.position, signal: stop.signal };
  try {
    for await (const events of ovation.eventBatches(options)) await comments.apply(events);
  } catch (error) {
    if (error.code !== "position_gone") throw error;
    console.error(`comments are missing: ${error.message}`);
    await comments.moveTo(error.position);
  }
}
await nats.close();
await comments.close();
