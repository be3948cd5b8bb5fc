/** A delete sent right after the event's publish deletes it. */

import { expect, test } from "vitest";
import { stored } from "../support/guarantee-stack.ts";
import { rounds } from "../support/rounds.ts";
import { useTestStack } from "../support/use-test-stack.ts";
import { post, TestSocket } from "../support/viewer.ts";

const ROUNDS = rounds(20);

const stack = useTestStack({ gateways: 2, dispatchers: 2 });

async function retract(port: number, video: string, id: string): Promise<number> {
  const url = `http://127.0.0.1:${port}/v1/videos/${video}/events/${id}`;
  return (await fetch(url, { method: "DELETE" })).status;
}

test("when the publish was answered, at any gateway", async () => {
  const statuses: number[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const id = `answered-${round}`;
    await post(stack().gatewayAt(round).port, "launch", { kind: "comment", id });
    statuses.push(await retract(stack().gatewayAt(round + 1).port, "launch", id));
  }
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
  expect(await stored(stack().gateway, "launch")).toEqual([]);
});

test("when the gateway has not answered the publish yet", async () => {
  const publisher = await TestSocket.connect(stack().gateway.port);
  const statuses: number[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const ids = ["a", "b", "c"].map((name) => `${name}-${round}`);
    const published = ids.map((eventId) =>
      publisher.ask("publish", { video: "soon", kind: "comment", eventId }),
    );
    const deleted = ids.map((id) => retract(stack().gateway.port, "soon", id));
    expect((await Promise.all(published)).map(({ op }) => op)).toEqual(ids.map(() => "result"));
    statuses.push(...(await Promise.all(deleted)));
  }
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
  expect(await stored(stack().gateway, "soon")).toEqual([]);
  await publisher.close();
});
