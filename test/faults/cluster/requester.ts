/** A WebSocket that sends many requests and counts the answers. */
import { once } from "node:events";
import WebSocket from "ws";
import { connectUrl } from "../../support/viewer.ts";
import { Waiter } from "../../support/waiter.ts";

export class Requester {
  /** How often each answer came: `result` or an error code. */
  readonly answers: Map<string, number>;
  readonly #socket: WebSocket;
  readonly #waiter = new Waiter();
  #lastId = 0;
  #pending = 0;
  #closedWith: number | undefined;

  private constructor(url: string, answers: Map<string, number>) {
    this.answers = answers;
    this.#socket = new WebSocket(connectUrl(url), ["ovation.v1.json"], {
      perMessageDeflate: false,
    });
  }

  /** @param answers where to count, for several that share it */
  static async open(url: string, answers = new Map<string, number>()): Promise<Requester> {
    const requester = new Requester(url, answers);
    requester.#socket.on("message", (message: Buffer) =>
      requester.#receive(JSON.parse(message.toString())),
    );
    requester.#socket.on("close", (code: number) => {
      requester.#closedWith = code;
      requester.#waiter.changed();
    });
    await once(requester.#socket, "open");
    requester.ask({ op: "connect" });
    await requester.answered();
    return requester;
  }

  ask(request: object): void {
    this.#lastId += 1;
    this.#pending += 1;
    this.#socket.send(JSON.stringify({ ...request, id: this.#lastId }));
  }

  /**
   * Resolves when every request is answered.
   * @throws Error when the connection was closed before
   */
  async answered(): Promise<void> {
    await this.#waiter.until(() => this.#pending === 0 || this.#closedWith !== undefined);
    if (this.#pending > 0) {
      throw new Error(`closed with ${this.#closedWith} before ${this.#pending} answers`);
    }
  }

  close(): void {
    this.#socket.close();
  }

  #receive({ op, code }: { readonly op: string; readonly code?: string }): void {
    if (op !== "result" && op !== "error") return;
    const what = code ?? op;
    this.answers.set(what, (this.answers.get(what) ?? 0) + 1);
    this.#pending -= 1;
    if (this.#pending === 0) this.#waiter.changed();
  }
}
