/**
 * Sends webhooks to a host name while its address changes: a program for a network and a file of hosts
 * of its own, see ../rebinding.test.ts. It prints what came of each as JSON.
 */
import { writeFileSync } from "node:fs";
import { eventually } from "../../support/eventually.ts";
import { ACCEPT, HookReceiver } from "../../support/hook-receiver.ts";
import { TestHooks } from "../../support/hooks.ts";
import { TestStack } from "../../support/stack.ts";
import { post } from "../../support/viewer.ts";

const NAME = "backend.example.com";
const VIDEO = "rebound";

const [publicAddress = "", hostsFile = ""] = process.argv.slice(2);
const pointTo = (address: string): void => {
  writeFileSync(hostsFile, `127.0.0.1 localhost\n${address} ${NAME}\n`);
};

const stack = await TestStack.start();
const hooks = new TestHooks(stack.nats.url);
const receiver = new HookReceiver();
await receiver.start(0, "0.0.0.0");
// Each attempt needs a connection of its own.
receiver.answer = (response, received) => {
  response.setHeader("connection", "close");
  ACCEPT(response, received);
};
const url = receiver.url.replace("127.0.0.1", NAME);
pointTo(publicAddress);
const instance = await hooks.active({
  ...hooks.settings({ url, secret: receiver.secret }),
  hooksAllowHttp: true,
});
const publish = async (id: string) =>
  await post(stack.gateway.port, VIDEO, { kind: "comment", id });
const isDelivered = (id: string) =>
  receiver.of("comment.stored").some(({ data }) => data.id === id);
const health = async () =>
  await (await fetch(`http://127.0.0.1:${instance.opsPort}/readyz`)).text();

await publish("public");
await eventually(() => isDelivered("public"));
const requests = receiver.received.length;
pointTo("127.0.0.1");
await publish("rebound");
await eventually(async () => (await health()).includes("its address is private"));
const seenWhilePrivate = receiver.received.length - requests;
pointTo(publicAddress);
await eventually(() => isDelivered("rebound"));
process.stdout.write(`${JSON.stringify({ seenWhilePrivate, faults: receiver.faults })}\n`);
await hooks.stop();
await receiver.stop();
await stack.stop();
process.exit(0);
