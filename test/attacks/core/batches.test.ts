/** Nobody's event can fail anybody else's: likes of many viewers go to the dispatchers together. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { TestStack } from "../../support/stack.ts";
import { SECRET, tokenOf, VIEWER } from "../../support/tokens.ts";
import { post, TestSocket } from "../../support/viewer.ts";

let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start({ gateway: { open: false, authSecret: SECRET } });
});
afterAll(() => stack?.stop());

const lists = (depth: number) => `${"[".repeat(depth)}1${"]".repeat(depth)}`;

/** `data` as JSON text. Whether it is accepted or not, it is nobody else's concern. */
const DATA = [
  ...[14, 15, 16].map(lists),
  ...[14, 15, 16].map((depth) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`),
  '{"constructor":null,"toJSON":{}}',
  '{"constructor":{},"toJSON":1}',
  '[{"constructor":[],"toJSON":"x"}]',
  '{"toJSON":{"constructor":1}}',
  '{"constructor":{"prototype":1}}',
  '{"__proto__":1}',
  '"\\ud800"',
  '{"\\udfff":1}',
  "9007199254740993",
  "1e400",
  `"${"x".repeat(4_090)}"`,
  `"${"x".repeat(4_100)}"`,
  `[${"1.5,".repeat(460)}1]`,
];

test.each([...DATA.entries()])(
  "a like with the data of row %i fails no other",
  async (row, data) => {
    const [victim, attacker] = await Promise.all(
      ["anna", "mallory"].map(async (name) => {
        const token = await tokenOf({ ...VIEWER, sub: `${name}-${row}` });
        return await TestSocket.connect(stack.gateway.port, "json", token);
      }),
    );
    if (victim === undefined || attacker === undefined) throw new Error("not connected");
    const like = { video: "launch", kind: "like" };
    const answers: Promise<{ readonly op: string }>[] = [];
    for (let n = 0; n < 12; n += 1) {
      answers.push(victim.ask("publish", like));
      const id = 1_000 + n;
      attacker.socket.send(
        `{"op":"publish","id":${id},"video":"launch","kind":"like","data":${data}}`,
      );
    }
    expect((await Promise.all(answers)).map(({ op }) => op)).toEqual(Array(12).fill("result"));
    const list = await post(
      stack.gateway.port,
      "launch",
      [{ kind: "like" }, { kind: "like" }],
      await tokenOf(VIEWER),
    );
    expect(list.status).toBe(200);
    await Promise.all([victim.close(), attacker.close()]);
  },
);

test.each(["\ud800", "a\udfff", "a\u0000b", "a\nb", "\u007f", "\u0085", ""])(
  "a token whose sub is %j is refused",
  async (sub) => {
    const { status, body } = await post(
      stack.gateway.port,
      "launch",
      { kind: "like" },
      await tokenOf({ ...VIEWER, sub }),
    );
    expect(status).toBe(401);
    expect(body).toMatchObject({ error: { code: "token_refused", field: "sub" } });
  },
);
