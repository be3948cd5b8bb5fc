/** Whatever publishers do with each other's ids, at once and while dispatchers come and go. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Chance } from "../support/random.ts";
import { TestStack } from "../support/stack.ts";
import { SECRET, tokenOf, VIEWER } from "../support/tokens.ts";
import { post, TestSocket } from "../support/viewer.ts";

const PUBLISHERS = ["anna", "ben", "cleo", undefined] as const;
const IDS = Array.from({ length: 12 }, (_, n) => `id${n}`);
const ROUNDS = 12;
const AT_ONCE = 40;
const VIDEO = "fuzzed";

let stack: TestStack;
const tokens = new Map<string | undefined, string>();
let moderator: string;
beforeAll(async () => {
  stack = await TestStack.start({
    gateways: 2,
    dispatchers: 2,
    gateway: { open: false, authSecret: SECRET, actorPublishesPerSecond: 10_000 },
  });
  for (const sub of PUBLISHERS) tokens.set(sub, await tokenOf({ ...VIEWER, sub }));
  moderator = await tokenOf({ ...VIEWER, sub: "moderator", scope: "moderate" });
});
afterAll(() => stack?.stop());

interface Outcome {
  readonly by: string | undefined;
  readonly id: string;
  /** Undefined: the id is somebody else's. */
  readonly seq: number | undefined;
}

/** What a publisher puts under an id is always the same: each further try is a repeat. */
const dataOf = (by: string | undefined, id: string) => ({ text: `${id} of ${by}` });

async function publish(chance: Chance): Promise<Outcome> {
  const [by, id] = [chance.of(PUBLISHERS), chance.of(IDS)];
  const { port } = stack.gatewayAt(chance.between(0, 1));
  const event = { kind: "comment", data: dataOf(by, id) };
  const token = tokens.get(by) ?? "";
  const answer = await (chance.between(0, 1) === 0
    ? overHttp(port, { ...event, id }, token)
    : overWebSocket(port, { ...event, eventId: id }, token));
  if (typeof answer.seq === "number") return { by, id, seq: answer.seq };
  expect(answer.code).toBe("event_id_taken");
  return { by, id, seq: undefined };
}

interface Answer {
  readonly seq?: unknown;
  readonly code?: unknown;
}

async function overHttp(port: number, event: object, token: string): Promise<Answer> {
  const { body } = await post(port, VIDEO, event, token);
  const { error, seqs } = body as { error?: { code: string }; seqs?: readonly number[] };
  return error === undefined ? { seq: seqs?.[0] } : { code: error.code };
}

async function overWebSocket(port: number, event: object, token: string): Promise<Answer> {
  const socket = await TestSocket.connect(port, "msgpack", token);
  const { seq, code } = await socket.ask("publish", { video: VIDEO, ...event });
  await socket.close();
  return { seq, code };
}

async function remove(id: string): Promise<number | undefined> {
  const url = `http://127.0.0.1:${stack.gateway.port}/v1/videos/${VIDEO}/events/${id}`;
  const headers = { authorization: `Bearer ${moderator}` };
  const response = await fetch(url, { method: "DELETE", headers });
  const { seq } = (await response.json()) as { readonly seq?: number };
  return seq;
}

test("each id has one owner, who alone is answered with its one seq, and each delete hits its event", async () => {
  const chance = new Chance("ids of others");
  const owners = new Map<string, Outcome>();
  const deleted = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const outcomes = await Promise.all(Array.from({ length: AT_ONCE }, () => publish(chance)));
    for (const outcome of outcomes) {
      if (outcome.seq !== undefined && !owners.has(outcome.id)) owners.set(outcome.id, outcome);
    }
    for (const { by, id, seq } of outcomes) {
      const owner = owners.get(id);
      expect(seq, `${id} by ${by}`).toBe(by === owner?.by ? owner?.seq : undefined);
    }
    const id = chance.of(IDS);
    const removed = await Promise.all([remove(id), remove(id)]);
    expect(removed[0]).toBe(removed[1]);
    const before = deleted.get(id);
    if (before !== undefined) expect(removed[0]).toBe(before);
    else if (owners.has(id)) deleted.set(id, removed[0] ?? 0);
    else expect(removed[0]).toBeUndefined();
    if (chance.between(0, 2) === 0) {
      const old = stack.dispatchers.shift();
      await stack.addDispatcher();
      await old?.drain();
      await old?.stop();
    }
  }
  const { events } = (await (
    await fetch(`http://127.0.0.1:${stack.gateway.port}/v1/videos/${VIDEO}/history?limit=1000`, {
      headers: { authorization: `Bearer ${moderator}` },
    })
  ).json()) as { events: { id: string; seq: number; data: unknown }[] };
  const left = [...owners.values()].filter(({ id }) => !deleted.has(id));
  left.sort((one, other) => (one.seq ?? 0) - (other.seq ?? 0));
  expect(events.map(({ id, seq, data }) => ({ id, seq, data }))).toEqual(
    left.map(({ id, seq, by }) => ({ id, seq, data: dataOf(by, id) })),
  );
  expect(owners.size).toBe(IDS.length);
});
