/** The controller's side of a generator process. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type {
  AnyCommands,
  GatewaysCommands,
  PublishersCommands,
  RequestsCommands,
  ViewersCommands,
} from "./messages.ts";
import type { FromGenerator } from "./serve.ts";

const WORKERS = {
  viewers: join(import.meta.dirname, "..", "viewers", "worker.ts"),
  publishers: join(import.meta.dirname, "..", "publishers", "worker.ts"),
  requests: join(import.meta.dirname, "..", "requests", "worker.ts"),
  gateways: join(import.meta.dirname, "..", "gateways", "worker.ts"),
} as const;

type Role = keyof typeof WORKERS;
type Argument<Command> = Command extends (argument: infer A) => unknown ? A : never;
type Reply<Command> = Command extends (argument: never) => infer R ? R : never;

export class Generator<Commands extends AnyCommands> {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #lastId = 0;

  private constructor(
    role: Role,
    name: string,
    onProgress: (progress: unknown) => void,
    namespace?: string,
  ) {
    this.name = name;
    const within =
      namespace === undefined
        ? {}
        : { execPath: "ip", execArgv: ["netns", "exec", namespace, process.execPath] };
    this.#child = fork(WORKERS[role], { serialization: "advanced", ...within });
    this.#child.on("message", (message: FromGenerator) => {
      if ("progress" in message) return onProgress(message.progress);
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if ("fault" in message) waiting?.reject(new Error(`${name}: ${message.fault}`));
      else waiting?.resolve(message.reply);
    });
    this.#child.once("exit", (code, signal) => {
      const fault = new Error(`${name} ended (${signal ?? `exit code ${code}`})`);
      for (const waiting of this.#waiting.values()) waiting.reject(fault);
      this.#waiting.clear();
    });
  }

  /** @param namespace of the network; by default, that of this process */
  static viewers(name: string, onProgress: (progress: unknown) => void, namespace?: string) {
    return new Generator<ViewersCommands>("viewers", name, onProgress, namespace);
  }

  /** @param namespace as of {@link viewers} */
  static publishers(name: string, onProgress: (progress: unknown) => void, namespace?: string) {
    return new Generator<PublishersCommands>("publishers", name, onProgress, namespace);
  }

  static requests(name: string) {
    return new Generator<RequestsCommands>("requests", name, () => undefined);
  }

  static gateways(name: string) {
    return new Generator<GatewaysCommands>("gateways", name, () => undefined);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Sends a command and returns its reply. */
  async request<Name extends keyof Commands & string>(
    command: Name,
    argument: Argument<Commands[Name]>,
  ): Promise<Reply<Commands[Name]>> {
    if (!this.#child.connected) throw new Error(`${this.name} is gone`);
    this.#lastId += 1;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(this.#lastId, waiting);
    this.#child.send({ id: this.#lastId, command, argument });
    // Both sides are the same build, so a reply has the type that its command declares.
    return (await waiting.promise) as Reply<Commands[Name]>;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, "exit");
    this.#child.disconnect();
    await exit;
  }
}
