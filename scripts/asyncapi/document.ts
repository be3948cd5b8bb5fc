/** The AsyncAPI document of the WebSocket and of NATS (https://www.asyncapi.com/docs/reference/specification/v3.1.0). */
import { stringify } from "yaml";
import { VIDEO_PATTERN } from "../../shared/protocol/name-patterns.ts";
import { CONNECT_PATH, SUBPROTOCOLS } from "../../shared/protocol/wire/messages.ts";
import {
  gatewayMessages,
  type JsonObject,
  type Message,
  serviceMessages,
  storedRecord,
  viewerMessages,
} from "./messages.ts";

const ABOUT =
  "Realtime likes, comments and viewer counts. Viewers use the WebSocket, services in the same network NATS. docs/protocol.md says more; the HTTP API is described by OpenAPI.";

type Service = keyof typeof serviceMessages;

/** The subjects that services use, and what they are for. */
const SERVICES: Readonly<Record<Service, { readonly address: string; readonly about: string }>> = {
  publish: { address: "ov.publish.{video}", about: "Publishes events." },
  retract: { address: "ov.retract.{video}", about: "Deletes a durable event." },
  command: { address: "ov.command.{video}", about: "Moderation, polls, totals; `~` is no video." },
  review: { address: "ov.review.{kind}", about: "Reviewers judge events in a queue group." },
};

const reference = (path: string): JsonObject => ({ $ref: `#/${path}` });

/** The document, as YAML. @param version of Ovation */
export function asyncApiDocument(version: string): string {
  const services = Object.keys(SERVICES) as Service[];
  const document = {
    asyncapi: "3.1.0",
    info: { title: "Ovation", version, description: ABOUT, license: { name: "Apache-2.0" } },
    defaultContentType: "application/json",
    servers: {
      gateway: { host: "live.example.com", protocol: "wss", description: "A gateway." },
      nats: {
        host: "nats.example.com:4222",
        protocol: "nats",
        description: "As user `publisher`; `consumer` hears what was stored.",
      },
    },
    channels: {
      socket: {
        address: CONNECT_PATH,
        description: `The WebSocket; its subprotocol is ${Object.keys(SUBPROTOCOLS).join(" or ")}.`,
        servers: [reference("servers/gateway")],
        messages: byName([...viewerMessages, ...gatewayMessages]),
      },
      ...Object.fromEntries(services.map((name) => [name, serviceChannel(name)])),
      stored: {
        address: "ov.stored.{video}.{sequence}",
        description: "What was stored just now; the stream `ov_history` keeps it.",
        servers: [reference("servers/nats")],
        parameters: {
          video: { description: `A video's id: ${VIDEO_PATTERN.source}` },
          sequence: { description: "The message's sequence in the stream." },
        },
        messages: byName([storedRecord]),
      },
    },
    operations: {
      receiveRequests: operation("receive", "socket", viewerMessages, "What viewers send."),
      sendMessages: operation("send", "socket", gatewayMessages, "What gateways send."),
      ...Object.fromEntries(services.map((name) => [`${name}Operation`, serviceOperation(name)])),
      tellStored: operation("send", "stored", [storedRecord], "What dispatchers store."),
    },
    components: {
      messages: byNameInFull([
        ...viewerMessages,
        ...gatewayMessages,
        ...services.flatMap((name) => Object.values(serviceMessages[name])),
        storedRecord,
      ]),
    },
  };
  return stringify(document, { lineWidth: 0, aliasDuplicateObjects: false });
}

function serviceChannel(name: Service): JsonObject {
  const { address, about } = SERVICES[name];
  const { request, reply } = serviceMessages[name];
  const parameter = /{(\w+)}/.exec(address)?.[1] ?? "";
  const description = parameter === "video" ? `A video's id: ${VIDEO_PATTERN.source}` : "A kind.";
  return {
    address,
    description: about,
    servers: [reference("servers/nats")],
    parameters: { [parameter]: { description } },
    messages: byName([request, reply]),
  };
}

/** Reviewers are asked by Ovation; everything else services ask of it. */
function serviceOperation(name: Service): JsonObject {
  const { request, reply } = serviceMessages[name];
  const action = name === "review" ? "send" : "receive";
  return {
    ...operation(action, name, [request], SERVICES[name].about),
    reply: {
      channel: reference(`channels/${name}`),
      messages: [reference(`channels/${name}/messages/${reply.name}`)],
    },
  };
}

function operation(
  action: "send" | "receive",
  channel: string,
  messages: readonly Message[],
  summary: string,
): JsonObject {
  return {
    action,
    summary,
    channel: reference(`channels/${channel}`),
    messages: messages.map(({ name }) => reference(`channels/${channel}/messages/${name}`)),
  };
}

function byName(messages: readonly Message[]): JsonObject {
  return Object.fromEntries(
    messages.map(({ name }) => [name, reference(`components/messages/${name}`)]),
  );
}

function byNameInFull(messages: readonly Message[]): JsonObject {
  return Object.fromEntries(messages.map((message) => [message.name, message]));
}
