/**
 * Runs between a parent and the server that it started, so that the server never outlives it: when
 * the parent ends in any way, even by kill -9, the IPC channel closes, and the server is stopped.
 *
 * Plain JavaScript: it must start on any Node, and fast.
 * Argument: JSON `{ command, args, killCommand?, graceMs }`.
 * From the parent: "stop" or "kill". To the parent: `{ spawned: pid }`, `{ exited: { code, signal } }`
 * or `{ failed: message }`.
 */
import { spawn } from "node:child_process";
import { constants } from "node:os";

const { command, args, killCommand, graceMs } = JSON.parse(process.argv[2]);
const server = spawn(command, args, { stdio: ["ignore", "inherit", "inherit"] });

function report(message, done = () => {}) {
  if (process.connected) process.send(message, done);
  else done();
}

function kill() {
  // A server in a container isn't our child process: only the container engine can end it.
  if (killCommand !== undefined) spawn(killCommand[0], killCommand.slice(1), { stdio: "ignore" });
  else server.kill("SIGKILL");
}

function stop() {
  server.kill("SIGTERM");
  setTimeout(kill, graceMs);
}

server.once("spawn", () => report({ spawned: server.pid }));
server.once("error", (error) => report({ failed: error.message }, () => process.exit(127)));
server.once("exit", (code, signal) => {
  const exitCode = code ?? 128 + constants.signals[signal];
  report({ exited: { code, signal } }, () => process.exit(exitCode));
});

process.on("message", (message) => (message === "kill" ? kill() : stop()));
process.once("disconnect", stop);
process.once("SIGTERM", stop);
// A Ctrl-C is for the parent, which ends the server when it no longer needs it.
process.on("SIGINT", () => {});
process.on("SIGHUP", () => {});
