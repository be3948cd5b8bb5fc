/** The programs of docs/backends.md, as printed, against a gateway. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../kit/nats/free-port.ts";
import { signedHeaders, signingKeys } from "../../shared/lib/webhook-signature.ts";
import { Command } from "../local/npm-start.ts";
import { Network } from "../sdk/support/network.ts";
import { eventually } from "../support/eventually.ts";
import { moderatedStack } from "../support/moderation.ts";
import { natsUrlAs } from "../support/nats-users.ts";
import { TestStack } from "../support/stack.ts";
import { SECRET, tokenOf } from "../support/tokens.ts";
import { post } from "../support/viewer.ts";
import { BUILT, isHere, LANGUAGES, NODE, PYTHON } from "./support/languages.ts";

const OLD_SECRET = `whsec_${Buffer.from("the secret before this one").toString("base64")}`;
const NEW_SECRET = `whsec_${Buffer.from("the secret from now on, of 32 B").toString("base64")}`;

let stack: TestStack;
let network: Network;
let token: string;
beforeAll(async () => {
  stack = await TestStack.start(moderatedStack());
  network = await Network.start(stack.gateway.port);
  for (const language of LANGUAGES.filter(isHere)) await language.build();
  token = await tokenOf({ videos: ["*"], publish: ["*"], scope: "any-actor moderate observe" });
});
afterAll(async () => {
  await network?.stop();
  await stack?.stop();
});

type Language = (typeof LANGUAGES)[number];
type Name = Parameters<Language["command"]>[0];

function start(language: Language, program: Name, args: readonly string[], env = {}): Command {
  const [command, ...before] = language.command(program);
  return new Command(command, [...before, ...args], {
    ...process.env,
    OVATION_URL: network.url,
    OVATION_TOKEN: token,
    OVATION_AUTH_SECRET: SECRET,
    ...env,
  });
}

/** What a program prints until it ends well. */
async function output(language: Language, program: Name, ...args: string[]): Promise<string> {
  const command = start(language, program, args);
  const { code } = await command.ended;
  expect(code, command.output).toBe(0);
  return command.output.trim();
}

async function stop(program: Command): Promise<void> {
  program.signalGroup("SIGKILL");
  await program.ended;
}

async function historyOf(video: string): Promise<Record<string, unknown>[]> {
  const headers = { authorization: `Bearer ${token}` };
  const url = `http://127.0.0.1:${stack.gateway.port}/v1/videos/${video}/history`;
  const response = await fetch(url, { headers });
  return ((await response.json()) as { events: Record<string, unknown>[] }).events;
}

for (const language of LANGUAGES) {
  const { name } = language;
  if (!isHere(language))
    process.stderr.write(`Left out: backends in ${name} (${language.needs})\n`);
  describe.skipIf(!isHere(language))(name, () => {
    const video = `video-${name}`;
    test("publishes a comment once, also when the first answer is lost", async () => {
      network.answersNothing = true;
      const publishing = start(language, "publish", [video, "anna", "Hello"]);
      await eventually(async () => (await historyOf(video)).length > 0);
      network.answersNothing = false;
      network.cut();
      expect((await publishing.ended).code, publishing.output).toBe(0);
      const [id, seq] = publishing.output.trim().split(" ");
      const event = { id, seq: Number(seq), actor: "anna", data: { text: "Hello" } };
      expect(await historyOf(video)).toMatchObject([event]);
    });

    test("is told why a comment is refused", async () => {
      const forged = { OVATION_TOKEN: "nonsense" };
      const refused = start(language, "publish", [video, "anna", "Hello"], forged);
      expect((await refused.ended).code).not.toBe(0);
      expect(refused.output).toContain("token_refused");
    });

    test("makes a viewer's token that covers one video", async () => {
      const viewer = await output(language, "token", "bo", video);
      const { port } = stack.gateway;
      const comment = { kind: "comment", data: { text: "hi" } };
      expect((await post(port, video, comment, viewer)).status).toBe(200);
      expect((await historyOf(video)).at(-1)).toMatchObject({ actor: "bo" });
      expect((await post(port, "another", comment, viewer)).status).toBe(403);
    });

    test("deletes a comment, and mutes its author", async () => {
      const actor = "troll/7 ü";
      const [id = ""] = (await output(language, "publish", video, actor, "spam")).split(" ");
      expect(await output(language, "moderate", video, id, actor)).toMatch(/^muted until 20/);
      expect((await historyOf(video)).map((event) => event["id"])).not.toContain(id);
      const again = start(language, "publish", [video, actor, "more spam"]);
      expect((await again.ended).code).not.toBe(0);
      expect(again.output).toContain("banned");
    });

    test("takes webhooks that one of its secrets has signed, and no others", async () => {
      const port = String(await freePort());
      const env = { PORT: port, WEBHOOK_SECRETS: `${OLD_SECRET} ${NEW_SECRET}` };
      const receiver = start(language, "webhook", [], env);
      try {
        await receiver.prints(/^listening$/m);
        const body = Buffer.from('{"type":"comment.stored","text":"ü"}');
        const deliver = async (secret: string, sent = body) => {
          const headers = signedHeaders(signingKeys([secret]), body);
          const url = `http://127.0.0.1:${port}/`;
          const response = await fetch(url, { method: "POST", headers, body: sent });
          return { status: response.status, id: headers["webhook-id"] };
        };
        for (const secret of [OLD_SECRET, NEW_SECRET]) {
          const { status, id } = await deliver(secret);
          expect(status).toBe(204);
          await receiver.prints(new RegExp(`^verified ${id} .*comment.stored`, "m"));
        }
        const forger = `whsec_${Buffer.from("another secret of 24 bytes").toString("base64")}`;
        expect((await deliver(forger)).status).toBe(401);
        expect((await deliver(NEW_SECRET, Buffer.from('{"type":"forged"}'))).status).toBe(401);
        expect(receiver.output).not.toContain("forged");
      } finally {
        await stop(receiver);
      }
    });
  });
}

test("a follower in Node goes on where it was, and is no viewer", async () => {
  const env = { POSITION_FILE: join(BUILT, "node/position.json") };
  rmSync(env.POSITION_FILE, { force: true });
  const publish = async (id: string) =>
    expect(
      (await post(stack.gateway.port, "followed", { kind: "comment", id }, token)).status,
    ).toBe(200);
  const first = start(NODE, "follow", ["followed"], env);
  try {
    await eventually(() =>
      stack.dispatchers.every(({ routes }) => [...routes.videos()].includes("followed")),
    );
    await publish("c1");
    await first.prints(/^comment c1$/m);
  } finally {
    await stop(first);
  }
  await publish("c2");
  const second = start(NODE, "follow", ["followed"], env);
  try {
    await second.prints(/^comment c2$/m);
    await publish("c3");
    await second.prints(/^comment c3$/m);
    expect(second.output).toBe("comment c2\ncomment c3\n");
    const url = `http://127.0.0.1:${stack.gateway.port}/v1/videos/followed`;
    const info = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    expect(await info.json()).toMatchObject({ viewers: 0 });
  } finally {
    await stop(second);
  }
});

test.skipIf(!isHere(PYTHON))(
  "an observer in Python hears videos by pattern, over NATS",
  async () => {
    const env = { NATS_URL: natsUrlAs("observer", stack.nats.url) };
    const observer = start(PYTHON, "observe", ["match-*"], env);
    try {
      const publish = async (video: string, id: string, kind = "like") =>
        expect((await post(stack.gateway.port, video, { kind, id }, token)).status).toBe(200);
      await eventually(async () => {
        await publish("match-1", "first");
        return observer.output.includes('"first"');
      });
      await publish("other", "not-observed");
      await publish("match-2", "l1");
      await publish("match-2", "c1", "comment");
      await observer.prints(/"c1"/);
      const events = observer.output
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
      expect(events).toContainEqual(expect.objectContaining({ kind: "like", id: "l1" }));
      expect(observer.output).not.toContain("not-observed");
    } finally {
      await stop(observer);
    }
  },
);
