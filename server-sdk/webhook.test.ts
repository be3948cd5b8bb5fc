import { describe, expect, test, vi } from "vitest";
import { parseSigningKeys, signedHeaders } from "../shared/lib/webhook-signature.ts";
import { verifyWebhook } from "./webhook.ts";

const [OLD, NEW] = [1, 2].map((fill) => `whsec_${Buffer.alloc(32, fill).toString("base64")}`) as [
  string,
  string,
];
const BODY = '{"type":"comment.stored","text":"Grüße"}';

/** The headers of a webhook that is signed with these secrets now. */
function signed(secrets: readonly string[], body = BODY): Record<string, string> {
  return { ...signedHeaders(parseSigningKeys(secrets.join("\n")), Buffer.from(body)) };
}

function request(headers: Record<string, string>, body = BODY): Request {
  return new Request("http://127.0.0.1/hook", { method: "POST", headers, body });
}

describe("a webhook", () => {
  test("is verified as a request of the Fetch API, and as headers and body", async () => {
    const headers = signed([OLD]);
    const webhook = await verifyWebhook(request(headers), { secrets: [OLD] });
    expect(webhook).toMatchObject({ id: headers["webhook-id"], payload: JSON.parse(BODY) });
    expect(Math.abs(Date.now() - webhook.at)).toBeLessThan(120_000);
    for (const body of [BODY, Buffer.from(BODY)]) {
      expect(await verifyWebhook({ headers, body }, { secrets: [OLD] })).toEqual(webhook);
    }
  });

  test("the example of the specification is verified", async () => {
    // https://github.com/standard-webhooks/standard-webhooks, the tests of its libraries
    vi.useFakeTimers({ now: 1_614_265_330_000, toFake: ["Date"] });
    try {
      const headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
      };
      const secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"];
      const { payload } = await verifyWebhook(
        { headers, body: '{"test": 2432232314}' },
        { secrets },
      );
      expect(payload).toEqual({ test: 2_432_232_314 });
    } finally {
      vi.useRealTimers();
    }
  });

  test.each([
    ["the sender has both, the receiver the old one", [OLD, NEW], [OLD]],
    ["the sender has both, the receiver the new one", [NEW, OLD], [NEW]],
    ["the receiver has both", [NEW], [OLD, NEW]],
  ])("is verified while the secret is changed: %s", async (_, sender, secrets) => {
    await expect(verifyWebhook(request(signed(sender)), { secrets })).resolves.toBeDefined();
  });

  test.each([
    ["a header is missing", { "webhook-id": "" }, "webhook-id"],
    ["it is signed with another secret", signed([NEW]), "webhook-signature"],
    [
      "its signature is of another version",
      { "webhook-signature": "v2,AAAA" },
      "webhook-signature",
    ],
    ["its id is another", { "webhook-id": "msg_other" }, "webhook-signature"],
    ["its time is no number", { "webhook-timestamp": "soon" }, "webhook-timestamp"],
    ["it is old", { "webhook-timestamp": "1614265330" }, "webhook-timestamp"],
    ["it is from the future", { "webhook-timestamp": "9999999999" }, "webhook-timestamp"],
  ])("is refused when %s", async (_, change, field) => {
    const headers = { ...signed([OLD]), ...change };
    const verified = verifyWebhook({ headers, body: BODY }, { secrets: [OLD] });
    await expect(verified).rejects.toMatchObject({ code: "webhook_invalid", field });
  });

  test("is refused when its body was changed, is not JSON, or is too long", async () => {
    const refused = async (headers: Record<string, string>, body: string, limitBytes = 1_000) => {
      const verified = verifyWebhook(request(headers, body), { secrets: [OLD], limitBytes });
      return await verified.catch(({ field }) => field);
    };
    expect(await refused(signed([OLD]), `${BODY} `)).toBe("webhook-signature");
    expect(await refused(signed([OLD], "{"), "{")).toBe("body");
    expect(await refused(signed([OLD]), BODY, 10)).toBe("body");
  });

  test.each([[[]], [["secret"]], [["whsec_c2hvcnQ="]], [[OLD, NEW, OLD]]])(
    "secrets that are none are a mistake of the program, and not told: %j",
    async (secrets) => {
      const verified = verifyWebhook(request(signed([OLD])), { secrets });
      await expect(verified).rejects.toThrow(TypeError);
      await expect(verified).rejects.toThrow(/^secrets: (?!.*(secret"|c2hvcnQ))/);
    },
  );
});
