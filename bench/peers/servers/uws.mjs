/** uWebSockets.js alone: one process, no bus, its own topics; each message is forwarded at once. */
import * as uWS from "uWebSockets.js";

const port = Number(process.argv[2]);
const app = uWS.App();

app.ws("/", {
  compression: uWS.DISABLED,
  idleTimeout: 32,
  // Large enough that nothing is dropped for a viewer that is read only a few times a second.
  maxBackpressure: 16 * 1_048_576,
  message: (socket, bytes) => {
    const text = Buffer.from(bytes).toString();
    const message = JSON.parse(text);
    if (message.subscribe === undefined) {
      app.publish(message.video, text);
      return;
    }
    socket.subscribe(message.subscribe);
    socket.send('{"ready":true}');
  },
});
app.get("/readyz", (response) => response.end("{}"));
app.listen("127.0.0.1", port, () => undefined);
process.on("SIGTERM", () => process.exit(0));
process.on("disconnect", () => process.exit(0));
