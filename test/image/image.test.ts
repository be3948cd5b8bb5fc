/** The image, built and run as by an operator. */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { HookReceiver } from "../support/hook-receiver.ts";
import { IMAGE } from "./build-image.ts";
import { addressOf, type Composed, startComposed } from "./composed.ts";
import { docker, exec, inspect } from "./docker.ts";

/** On a busy machine, a second is short. */
const HEALTHY_MS = 150_000;

let stack: Composed;

beforeAll(async () => {
  stack = await startComposed();
  await stack.add("gateway");
  for (const role of [...stack.of("gateway"), ...stack.of("dispatcher")]) await healthy(role);
});

afterAll(async () => {
  await stack?.stop();
});

/** Resolves when Docker reports it healthy. Not a busy loop: `docker inspect` takes a while. */
async function healthy(container: string): Promise<void> {
  const deadline = Date.now() + HEALTHY_MS;
  while ((await inspect(container, "{{ .State.Health.Status }}")) !== "healthy") {
    if (Date.now() < deadline) continue;
    const { stdout, stderr } = await docker("logs", container);
    throw new Error(`${container} did not get healthy:\n${stdout}${stderr}`);
  }
}

function part(stack: Composed, service: string, index: number): string {
  const container = stack.of(service)[index];
  if (container === undefined) throw new Error(`no ${service} ${index}`);
  return container;
}

/** The stream's text until it has `word`. */
async function textUntil(body: ReadableStream<Uint8Array>, word: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes(word)) return text;
  }
  throw new Error(`the stream ended without ${word}: ${text}`);
}

async function watch(gateway: string, video: string): Promise<ReadableStream<Uint8Array>> {
  const url = `${await addressOf(gateway)}/v1/videos/${video}/events`;
  const { body } = await fetch(url, { headers: { accept: "text/event-stream" } });
  if (body === null) throw new Error("no stream");
  return body;
}

async function publish(gateway: string, video: string, event: object): Promise<Response> {
  return await fetch(`${await addressOf(gateway)}/v1/videos/${video}/events`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(event),
  });
}

describe("the stack of compose.yaml", () => {
  test("takes a like from one gateway to the viewers of another", async () => {
    const stream = await watch(part(stack, "gateway", 0), "launch");
    const { status } = await publish(part(stack, "gateway", 1), "launch", {
      kind: "like",
      id: "like-through-the-image",
    });
    expect(status).toBe(200);
    expect(await textUntil(stream, "like-through-the-image")).toContain('"kind":"like"');
  });

  test("stores a comment", async () => {
    const gateway = part(stack, "gateway", 0);
    const comment = { kind: "comment", id: "c1", data: { text: "Hello" } };
    expect((await publish(gateway, "stored", comment)).status).toBe(200);
    const history = await fetch(`${await addressOf(gateway)}/v1/videos/stored/history?limit=10`);
    expect(await history.text()).toContain('"id":"c1"');
  });

  test("sends viewers a bye when a gateway is stopped, and exits with code 0", async () => {
    const gateway = await stack.add("gateway");
    await healthy(gateway);
    const stream = await watch(gateway, "leaving");
    const goodbye = textUntil(stream, '"op":"bye"');
    await docker("stop", gateway);
    expect(await goodbye).toContain("reconnectAfterMs");
    expect(await inspect(gateway, "{{ .State.ExitCode }}")).toBe("0");
  });

  test("stops a dispatcher with exit code 0", async () => {
    const dispatcher = await stack.add("dispatcher");
    await healthy(dispatcher);
    await docker("stop", dispatcher);
    expect(await inspect(dispatcher, "{{ .State.ExitCode }}")).toBe("0");
  });
});

test("the profile hooks sends webhooks, from whichever of two instances there is", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ovation-image-hooks-"));
  const receiver = new HookReceiver();
  // Containers reach it by the address that this machine has on their network.
  await receiver.start(0, "0.0.0.0");
  try {
    const secret = join(folder, "secret");
    await writeFile(secret, receiver.secret);
    await chmod(secret, 0o644);
    await chmod(folder, 0o755);
    const format = "{{ (index .IPAM.Config 0).Gateway }}";
    const { stdout } = await docker("network", "inspect", "--format", format, stack.network);
    const url = receiver.url.replace("127.0.0.1", stdout.trim());
    const additions = {
      environment: {
        OVATION_HOOKS_URL: url,
        OVATION_HOOKS_ALLOW_HTTP: "true",
        OVATION_HOOKS_ALLOW_PRIVATE: "true",
      },
      files: { "./hooks-secret": secret },
    };
    const instances = [await stack.add("hooks", additions), await stack.add("hooks", additions)];
    for (const instance of instances) await healthy(instance);
    const status = async () => {
      const command = ["exec", instances[1] ?? "", "node", "cli/main.js", "hooks", "status"];
      return (await docker(...command)).stdout;
    };
    await eventually(async () => /^Instance \S+ works\.$/m.test(await status()));
    const gateway = part(stack, "gateway", 0);
    const told = (id: string) => receiver.of("comment.stored").some(({ data }) => data.id === id);
    const comment = (id: string) => ({ kind: "comment", id, data: { text: "Hello" } });
    expect((await publish(gateway, "told", comment("first"))).status).toBe(200);
    await eventually(() => told("first"));
    await docker("stop", instances[0] ?? "");
    expect(await inspect(instances[0] ?? "", "{{ .State.ExitCode }}")).toBe("0");
    expect((await publish(gateway, "told", comment("second"))).status).toBe(200);
    await eventually(() => told("second"));
    expect(receiver.faults).toEqual([]);
  } finally {
    await receiver.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

describe("a container", () => {
  test("is not root, and can write nowhere", async () => {
    const gateway = part(stack, "gateway", 0);
    const { stdout } = await docker("exec", gateway, "id", "--user");
    expect(stdout.trim()).toBe("65532");
    expect(await exec(gateway, "touch", "/app/file")).toBe(1);
    expect(await exec(gateway, "touch", "/tmp/file")).toBe(1);
  });

  test("runs as any user, such as OpenShift chooses", async () => {
    const role = ["gateway", "--open", "--allowed-hosts", "live.example"];
    const { stdout: name } = await docker(
      "run",
      ...["--detach", "--user", "1000660000:0", "--read-only", "--cap-drop", "ALL"],
      ...["--health-interval", "1s", "--network", stack.network, IMAGE, ...role],
      // It waits for NATS, and is alive meanwhile.
      ...["--nats-url", "nats://nowhere:4222"],
    );
    const container = name.trim();
    try {
      await healthy(container);
    } finally {
      await docker("rm", "--force", container);
    }
  });

  test("runs the role itself as process 1", async () => {
    const { stdout } = await docker("exec", part(stack, "gateway", 0), "cat", "/proc/1/cmdline");
    expect(stdout.split("\0").filter(Boolean)).toEqual(["node", "/app/cli/main.js", "gateway"]);
  });

  test("holds the uWebSockets.js whose hash is recorded", async () => {
    const gateway = part(stack, "gateway", 0);
    expect(await exec(gateway, "sha256sum", "--check", "--strict", "addons.sha256")).toBe(0);
  });

  test("has the command ovation, which refuses unknown roles", async () => {
    const gateway = part(stack, "gateway", 0);
    expect(await exec(gateway, "ovation", "--help")).toBe(0);
    expect(await exec(gateway, "ovation", "viewer")).toBe(2);
  });

  test("has the doctor, which finds nothing wrong with this stack", async () => {
    const { code, text } = await stack.run("doctor");
    expect(text).toContain("The table is right: 2 gateways with a lease");
    expect(code).toBe(0);
  });

  test("is unhealthy when the role does not answer", async () => {
    const { stdout: name } = await docker(
      "run",
      ...["--detach", "--entrypoint", "sleep", "--network", stack.network, IMAGE, "60"],
    );
    const container = name.trim();
    try {
      expect(await exec(container, "node", "/app/deploy/docker/healthcheck.js")).toBe(1);
    } finally {
      await docker("rm", "--force", container);
    }
  });
});
