/** A link to NATS that stalls under load, with more on the way than the network takes. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { Bus } from "../../shared/bus/connection.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import { eventually } from "../support/eventually.ts";
import { startTestNats } from "../support/nats.ts";
import { natsUrlAs } from "../support/nats-users.ts";

/** More than the buffers of a TCP connection hold. */
const PAYLOADS = 64;
const PAYLOAD_BYTES = 512 * 1_024;

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A relay whose connections can be stalled: both ends stay open, and take nothing more. */
async function startRelay(port: number): Promise<{ server: Server; stall: () => void }> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("data", (part) => to.write(part));
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanUps.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    server,
    stall: () => {
      for (const socket of sockets) socket.pause();
    },
  };
}

test("a link that stalls while much is on the way is given up after three pings, and made again", async () => {
  const nats = await startTestNats();
  cleanUps.push(() => nats.stop());
  const relay = await startRelay(nats.port);
  const { port } = relay.server.address() as AddressInfo;
  const servers = [natsUrlAs("dispatcher", `nats://127.0.0.1:${port}`)];
  const bus = await Bus.connect({ servers, inbox: "dispatcher", name: "test", log: silentLog });
  cleanUps.push(() => bus.stop());
  const states: string[] = [];
  bus.onState((state) => states.push(state));

  relay.stall();
  for (let count = 0; count < PAYLOADS; count += 1) {
    expect(bus.publish("ov.observed.video", new Uint8Array(PAYLOAD_BYTES))).toBe(true);
  }
  // Without an answer, requests don't wait for the link to end by itself, either.
  const asked = bus.whileConnected(() => new Promise<never>(() => undefined));
  await expect(asked).rejects.toMatchObject({ code: "timeout" });
  await eventually(() => bus.state === "connected");
  expect(states).toEqual(["disconnected", "connected"]);
  expect(await bus.isReachable()).toBe(true);
});
