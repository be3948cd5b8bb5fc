/** Two gateways with the same id, as on a copied machine. */
import { expect, test } from "vitest";
import { Gateway } from "../../gateway/gateway.ts";
import { RevisionConflict } from "../../shared/bus/conflict.ts";
import { configFor } from "../../shared/config/load.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import { natsUrlAs } from "../support/nats-users.ts";
import { metric, TestStack } from "../support/stack.ts";
import { TestSocket } from "../support/viewer.ts";

test("a gateway with the id of another one doesn't start, and the other is not affected", async () => {
  const stack = await TestStack.start({ gateways: 1 });
  const config = configFor("gateway", {
    natsUrl: [natsUrlAs("gateway", stack.nats.url)],
    host: "127.0.0.1",
    port: 0,
    opsPort: 0,
    open: true,
  });
  const second = new Gateway(stack.gateway.id, config, silentLog);
  await expect(second.start()).rejects.toThrow(RevisionConflict);
  await second.stop();
  const socket = await TestSocket.connect(stack.gateway.port);
  await socket.ask("subscribe", { video: "launch" });
  await socket.ask("publish", { video: "launch", kind: "like" });
  await socket.until(() => socket.of("launch", "like").length === 1);
  expect(await metric(stack.gateway, "ovation_gateway_lease_lost_total")).toBe(0);
  await stack.stop();
});
