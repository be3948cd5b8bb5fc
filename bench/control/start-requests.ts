/** Starts the generator of publish requests. */
import { Generator } from "./generator.ts";
import type { RequestedEvents } from "./messages.ts";
import type { Stack } from "./stack.ts";

export type RequestsGenerator = ReturnType<typeof Generator.requests>;

/**
 * It logs in as a gateway, since it sends what gateways send. Its user stops it.
 * @param what is sent; by default likes
 */
export async function startRequests(
  stack: Pick<Stack, "natsUrlAs">,
  videos: readonly string[],
  what?: RequestedEvents,
): Promise<RequestsGenerator> {
  const { hostname: host, port, username: user, password } = new URL(stack.natsUrlAs("gateway"));
  const requests = Generator.requests("requests");
  try {
    await requests.request("setup", { host, port: Number(port), user, password, videos, what });
    return requests;
  } catch (error) {
    await requests.stop();
    throw error;
  }
}
