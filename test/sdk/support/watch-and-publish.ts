/** A program that prints its transport, and the comment that it published and received. */
import { Ovation } from "../../../sdk/index.ts";

const ovation = new Ovation<{ comment: string }>({ url: process.argv[2] ?? "" });
const video = ovation.video("launch");
ovation.onState((state) => {
  if (state.name === "connected") process.stdout.write(`${state.via}\n`);
});
const heard = new Promise<unknown>((resolve) => {
  video.on("comment", ({ data }) => resolve(data));
});
// Once the viewer is counted, dispatchers know of it.
await new Promise((resolve) => video.on("viewers", resolve));
await video.publish("comment", "hello");
process.stdout.write(`${await heard}\n`);
ovation.close();
