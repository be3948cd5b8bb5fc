/** Publishers whose comments must keep their order: one with the SDK, and one without. */
import { names } from "./guarantee-stack.ts";
import { type Received, TestSocket } from "./viewer.ts";

/** Publishes comments on one video without waiting for answers. */
export interface OrderedPublisher {
  /** Publishes this many more. */
  publish(count: number): void;
  /** Resolves when the first `count` are accepted. */
  accepted(count: number): Promise<void>;
  /** Resolves with the ids, in call order, when all are accepted. */
  end(): Promise<string[]>;
}

/** Imported without types: the SDK needs browser types, which these tests don't have. */
const SDK_PUBLISHER = new URL("../sdk/support/sdk-publisher.ts", import.meta.url).href;

/** An SDK client. @param ports of the gateways that it may use, in order of preference */
export async function sdkPublisher(
  ports: readonly number[],
  video: string,
): Promise<OrderedPublisher> {
  const { SdkPublisher } = await import(SDK_PUBLISHER);
  return new SdkPublisher(ports, video);
}

/**
 * Sends comments on one connection, one after the other, without waiting.
 * @returns their ids, and their answers once all have arrived
 */
export async function sendInARow(
  port: number,
  video: string,
  prefix: string,
  count: number,
): Promise<{
  readonly ids: readonly string[];
  readonly answers: Promise<Received[]>;
  readonly publisher: TestSocket;
}> {
  const publisher = await TestSocket.connect(port);
  const ids = names(prefix, count);
  const requests = ids.map((eventId) =>
    publisher.ask("publish", { video, kind: "comment", eventId }),
  );
  return { ids, answers: Promise.all(requests), publisher };
}

/** The stored ids that are among `ids`. */
export const ofThese = (stored: readonly string[], ids: readonly string[]) =>
  stored.filter((id) => ids.includes(id));
