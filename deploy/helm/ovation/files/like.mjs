// The script of `helm test`: watches a video, likes it, and waits until the like arrives.
// It uses none of Ovation's code: it does what a viewer and a backend do.
import { createHmac } from "node:crypto";

const base = process.env.TEST_GATEWAY_URL;
const video = process.env.TEST_VIDEO;
const id = `helm-test-${Date.now()}`;
const deadline = AbortSignal.timeout(60_000);

/** The given token, or one signed with the shared secret, or none. */
function authorization() {
  if (process.env.TEST_TOKEN) return { authorization: `Bearer ${process.env.TEST_TOKEN}` };
  const secret = process.env.OVATION_AUTH_SECRET;
  if (!secret) return {};
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const exp = Math.floor(Date.now() / 1000) + 300;
  const claims = { sub: "helm-test", exp, videos: [video], publish: ["like"] };
  const text = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  const signature = createHmac("sha256", secret).update(text).digest("base64url");
  return { authorization: `Bearer ${text}.${signature}` };
}

async function send(options) {
  const response = await fetch(`${base}/v1/videos/${video}/events`, {
    signal: deadline,
    ...options,
    headers: { ...options.headers, ...authorization() },
  });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return response;
}

/** The first like may be sent before the dispatchers know of this viewer, so it repeats each second. */
async function likeEverySecond() {
  for (let count = 1; ; count += 1) {
    const published = await send({
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ kind: "like", id: `${id}-${count}` }),
    });
    console.log(`published: ${await published.text()}`);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

function fail(error) {
  console.error(error);
  process.exit(1);
}

const stream = await send({ headers: { accept: "text/event-stream" } });
likeEverySecond().catch(fail);

let text = "";
for await (const chunk of stream.body.pipeThrough(new TextDecoderStream())) {
  text = (text + chunk).slice(-65_536);
  if (!text.includes(id)) continue;
  console.log(`a like of ${id} arrived`);
  process.exit(0);
}
fail(new Error(`the stream ended without a like of ${id}`));
