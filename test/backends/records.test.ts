/** The calls of docs/records.md, as printed: the next message of the history, as the user `consumer`. */
import { execFile } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Command } from "../local/npm-start.ts";
import { connectTo, natsUrlAs } from "../support/nats-users.ts";
import { TestStack } from "../support/stack.ts";
import { post } from "../support/viewer.ts";
import { BUILT, GO, isHere, PYTHON } from "./support/languages.ts";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../..");
/** What a program needs is fetched and built. */
const BUILD_MS = 600_000;
const NATS_GO = "github.com/nats-io/nats.go@v1.48.0";

let stack: TestStack;
let page: string;
beforeAll(async () => {
  page = await readFile(join(ROOT, "docs/records.md"), "utf8");
  stack = await TestStack.start();
  for (const id of ["first", "second"]) {
    const { status } = await post(stack.gateway.port, "read", { kind: "comment", id });
    expect(status).toBe(200);
  }
});
afterAll(async () => await stack?.stop());

/** A call of the page, from the first message on. */
function printed(pattern: RegExp): string {
  const [, call = ""] = pattern.exec(page) ?? [];
  expect(call).toContain("43");
  return call.replace("43", "1");
}

/** What a program prints until it ends well. */
async function output(command: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, NATS_URL: natsUrlAs("consumer", stack.nats.url) };
  const program = new Command(command, args, env);
  const { code } = await program.ended;
  expect(code, program.output).toBe(0);
  return program.output.trim();
}

test("the request gets the next message, and 10037 where there is none", async () => {
  const consumer = await connectTo(stack.nats.url, "consumer");
  try {
    const ask = async (text: string) =>
      (await consumer.request("$JS.API.STREAM.MSG.GET.ov_history", text)).json();
    const request = printed(/`(\{"seq": [^`]*\})`/);
    expect(await ask(request)).toMatchObject({ message: { seq: 1, subject: "ov.history.read" } });
    const beyond = { ...JSON.parse(request), seq: 1_000_000 };
    expect(await ask(JSON.stringify(beyond))).toMatchObject({ error: { err_code: 10_037 } });
  } finally {
    await consumer.close();
  }
});

test.skipIf(!isHere(PYTHON))(
  "the call of Python's client gets it",
  { timeout: BUILD_MS },
  async () => {
    await PYTHON.build();
    const call = printed(/In Python.*?`(get_msg\([^`]*\))`/);
    const program = `
import asyncio
import os

import msgpack
import nats


async def main():
    client = await nats.connect(os.environ["NATS_URL"], inbox_prefix=b"_INBOX.consumer")
    message = await client.jetstream().${call}
    print(message.seq, message.subject, msgpack.unpackb(message.data)[0])
    await client.close()


asyncio.run(main())
`;
    const [python] = PYTHON.command("observe");
    expect(await output(python, ["-c", program])).toBe("1 ov.history.read 2");
  },
);

test.skipIf(!isHere(GO))("the request can be sent in Go", { timeout: BUILD_MS }, async () => {
  const folder = join(BUILT, "records");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const call = printed(/In Go.*?``(client\.Request\(.*?\))``/);
  const program = `package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/nats-io/nats.go"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	client := must(nats.Connect(os.Getenv("NATS_URL"), nats.CustomInboxPrefix("_INBOX.consumer")))
	answer := must(${call})
	var read struct {
		Message struct {
			Subject string
			Seq     int
			Data    []byte
		}
	}
	if err := json.Unmarshal(answer.Data, &read); err != nil {
		panic(err)
	}
	fmt.Println(read.Message.Seq, read.Message.Subject)
}
`;
  await writeFile(join(folder, "main.go"), program);
  await run("go", ["mod", "init", "ovation.example/records"], { cwd: folder });
  await run("go", ["get", NATS_GO], { cwd: folder });
  await run("go", ["build", "-o", "records", "."], { cwd: folder });
  expect(await output(join(folder, "records"), [])).toBe("1 ov.history.read");
});
