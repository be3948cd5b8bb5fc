/** Publishers that care for the order of their comments: one of the SDK, and one without it. */
import { names } from "./guarantee-stack.ts";
import { type Received, TestSocket } from "./viewer.ts";

/** Publishes comments on one video and waits for no answer. */
export interface OrderedPublisher {
  /** Publishes so many more. */
  publish(count: number): void;
  /** Resolves when so many were accepted. */
  accepted(count: number): Promise<void>;
  /** Resolves with the ids, in the order of the calls, when all were accepted. */
  end(): Promise<string[]>;
}

/** The SDK needs the types of a browser, which are not there for these tests: it comes without types. */
const SDK_PUBLISHER = new URL("../sdk/support/sdk-publisher.ts", import.meta.url).href;

/** A client of the SDK. @param ports of the gateways that it may go to, the first one first */
export async function sdkPublisher(
  ports: readonly number[],
  video: string,
): Promise<OrderedPublisher> {
  const { SdkPublisher } = await import(SDK_PUBLISHER);
  return new SdkPublisher(ports, video);
}

/**
 * Sends comments on one connection, one behind the other.
 * @returns their ids, and the answers as they come
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
  const asked = ids.map((eventId) => publisher.ask("publish", { video, kind: "comment", eventId }));
  return { ids, answers: Promise.all(asked), publisher };
}

/** Of the stored ids, those that are among these. */
export const ofThese = (stored: readonly string[], ids: readonly string[]) =>
  stored.filter((id) => ids.includes(id));
