/** Plain `ws`: one process, no bus; each message is sent to each client at once. */
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const port = Number(process.argv[2]);
const server = createServer((_, response) => response.end("{}"));
// Compression is off, as ws's own README advises for small messages.
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
const watching = new Map();

sockets.on("connection", (socket) => {
  socket.on("message", (data) => {
    const message = JSON.parse(data.toString());
    if (message.subscribe !== undefined) {
      const set = watching.get(message.subscribe) ?? new Set();
      watching.set(message.subscribe, set.add(socket));
      socket.once("close", () => set.delete(socket));
      socket.send('{"ready":true}');
      return;
    }
    // As in ws's README, "Server broadcast".
    for (const client of watching.get(message.video) ?? []) {
      if (client.readyState === client.OPEN) client.send(data, { binary: false });
    }
  });
});
server.listen({ port, host: "127.0.0.1", backlog: 4_096 });
process.on("SIGTERM", () => process.exit(0));
process.on("disconnect", () => process.exit(0));
