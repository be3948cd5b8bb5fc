/** Which TCP ports of this machine are free. */
import { createServer } from "node:net";
import { hasIpv6 } from "../shared/runtime/listen-hosts.ts";
import { freePort } from "./nats/free-port.ts";

/** Why a port can't be listened on. */
export interface PortFault {
  readonly host: string;
  readonly port: number;
  /** The system's error code, such as EADDRINUSE. */
  readonly code: string;
}

/** Tries to listen and closes again; undefined when that succeeds. */
async function portFault(host: string, port: number): Promise<PortFault | undefined> {
  const server = createServer();
  const code = await new Promise<string | undefined>((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => resolve(undefined));
  });
  if (code !== undefined) return { host, port, code };
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return undefined;
}

/**
 * Why the gateways can't have this port; undefined if they can. They share it by SO_REUSEPORT, with
 * which listening succeeds even if an unrelated process shares the port too: only a listener that
 * doesn't share finds out.
 */
export async function gatewayPortFault(port: number): Promise<PortFault | undefined> {
  // One after the other: concurrent attempts would conflict.
  for (const host of ["127.0.0.1", "0.0.0.0", ...(hasIpv6() ? ["::1"] : [])]) {
    const fault = await portFault(host, port);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** The message for a user whose port can't be used. */
export function portFaultText({ host, port, code }: PortFault): string {
  const other = port < 65_535 ? port + 1 : port - 1;
  const advice = `choose another one: npm start -- --port ${other}`;
  switch (code) {
    case "EADDRINUSE":
      return `Port ${port} is taken: something listens on ${host}:${port} already. Stop that, or ${advice}`;
    case "EACCES":
      return `Port ${port} needs rights that you don't have. Please ${advice.replace(/[0-9]+$/, "8080")}`;
    default:
      return `Port ${port} can't be listened on (${host}: ${code}). Please ${advice}`;
  }
}

/** Finds this many different ports that nobody listens on. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const found = new Set<number>();
  while (found.size < count) found.add(await freePort());
  return [...found];
}
