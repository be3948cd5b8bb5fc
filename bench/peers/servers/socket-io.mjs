/** Socket.IO, as one of two processes that share events over NATS, with a room for each video. */
import { createServer } from "node:http";
import { createAdapter } from "@mickl/socket.io-nats-adapter";
import { connect } from "nats";
import { Server } from "socket.io";

const port = Number(process.argv[2]);
const server = createServer((_, response) => response.end("{}"));
// Only WebSocket and no compression, as https://socket.io/docs/v4/performance-tuning/ advises.
const io = new Server(server, { transports: ["websocket"], perMessageDeflate: false });
io.adapter(createAdapter(await connect({ servers: process.argv[3] })));

io.on("connection", (socket) => {
  socket.on("subscribe", (video) => {
    socket.join(video);
    socket.emit("ready");
  });
  socket.on("publish", (event) => io.to(event.video).emit("event", event));
});
server.listen({ port, host: "127.0.0.1", backlog: 4_096 });
process.on("SIGTERM", () => process.exit(0));
process.on("disconnect", () => process.exit(0));
