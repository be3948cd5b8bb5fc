/** An endpoint of webhooks: verifies each, holds it against its schema, and answers as it is told. */
import { randomBytes } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { z } from "zod";
import schema from "../../docs/webhook-events.schema.json" with { type: "json" };
import { verifyWebhook } from "../../server-sdk/index.ts";
import type { HookEvent, hookBodySchema } from "../../shared/protocol/hooks/events.ts";

type HookBody = z.output<typeof hookBodySchema>;

const ajv = new Ajv2020({ formats: { "date-time": (text) => !Number.isNaN(Date.parse(text)) } });
const isHookBody = ajv.compile<HookBody>(schema);

export const newHookSecret = (): string => `whsec_${randomBytes(32).toString("base64")}`;

export interface Received {
  readonly id: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly events: readonly HookEvent[];
}

type Answer = (response: ServerResponse, received: Received) => void;

export const ACCEPT: Answer = (response) => response.writeHead(204).end();
export const answerWith =
  (status: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(status, headers).end();

export class HookReceiver {
  /** What it verifies webhooks with. */
  secret = newHookSecret();
  /** Every request, in the order of arrival. */
  readonly received: Received[] = [];
  /** Those that were accepted. */
  readonly accepted: Received[] = [];
  /** What was wrong with requests. */
  readonly faults: string[] = [];
  answer: Answer = ACCEPT;
  readonly #server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts).toString();
      void this.#take(request.headers, body, response);
    });
  });

  async start(port = 0, host = "127.0.0.1"): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.listen(port, host, resolve);
    });
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/hooks`;
  }

  /** The events of accepted webhooks, in order, those that were repeated included. */
  get events(): readonly HookEvent[] {
    return this.accepted.flatMap(({ events }) => events);
  }

  of<T extends HookEvent["type"]>(type: T): readonly Extract<HookEvent, { type: T }>[] {
    const isOf = (event: HookEvent): event is Extract<HookEvent, { type: T }> =>
      event.type === type;
    return this.events.filter(isOf);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  async #take(headers: IncomingHttpHeaders, body: string, response: ServerResponse): Promise<void> {
    try {
      const { id, payload } = await verifyWebhook({ headers, body }, { secrets: [this.secret] });
      if (!isHookBody(payload)) throw new Error(ajv.errorsText(isHookBody.errors));
      const received = { id, headers, body, events: payload.data.events };
      this.received.push(received);
      this.answer(response, received);
      if (response.statusCode === 204) this.accepted.push(received);
    } catch (error) {
      this.faults.push(String(error));
      response.writeHead(401).end();
    }
  }
}
