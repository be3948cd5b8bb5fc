/** Ports of this machine that nothing listens on. */
import { createServer } from "node:net";

/**
 * Below the ports that systems give to outgoing connections (from 32768 on Linux, 49152 elsewhere).
 * A port in that range could be taken by a client's own connection while the server is down; a
 * client that keeps dialling such a port can even connect to itself.
 */
const FIRST_PORT = 20_000;
const LAST_PORT = 32_767;
const MOST_TRIES = 50;

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** A port that is free on that host at this moment, according to the system. */
export async function freePort(host = "127.0.0.1"): Promise<number> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT + 1));
    if (await isFree(host, port)) return port;
  }
  throw new Error(`no free port on ${host} in ${MOST_TRIES} tries`);
}
