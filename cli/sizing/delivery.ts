/** What viewers get: events, frames, bytes on the network, and the latency. */
import type { Flows, VideoFlow } from "./flows.ts";
import { frameBytes } from "./message-bytes.ts";
import type { SizingInput } from "./settings.ts";

/** Ethernet, IPv4 and TCP with timestamps, around the payload of a packet. */
const PACKET_BYTES = 66;
const PACKET_HOLDS_BYTES = 1_448;
/** A TLS 1.3 record around a write: header, content type and tag (RFC 8446 5.2). */
const TLS_BYTES = 22;

export function deliveryOf(input: SizingInput, { videos, socketWrites }: Flows) {
  const over = (of: (flow: VideoFlow) => number) =>
    videos.reduce((all, flow) => all + flow.videos * of(flow), 0);
  const interval = input.frameIntervalMaxMs;
  return {
    /** Likes and comments that reach viewers, per second. */
    deliveries: over(({ viewers, likes, comments }) => viewers * (likes + comments)),
    /** Frames per second that a viewer gets, on average. */
    framesEach: socketWrites / input.viewers,
    /** To all viewers, per second, with the network's overhead. */
    bytesOut: over((flow) => flow.viewers * flow.frames * writtenBytes(input, flow)),
    /**
     * From a like's publish to its viewers, while the gateways are so busy that frames have their
     * longest interval, but nothing waits for a processor.
     */
    latencyP50Ms: input.requestMs + interval / 2,
    latencyMostMs: input.requestMs + interval,
  };
}

function writtenBytes(input: SizingInput, flow: VideoFlow): number {
  const share = input.ssePercent / 100;
  const on = (wire: "msgpack" | "sse") => {
    const frame = frameBytes(wire, flow.likesPerFrame, flow.commentsPerFrame, input.frameEvents);
    const bytes = frame + (input.gatewayTls ? TLS_BYTES : 0);
    return bytes + PACKET_BYTES * Math.ceil(bytes / PACKET_HOLDS_BYTES);
  };
  return (1 - share) * on("msgpack") + (share === 0 ? 0 : share * on("sse"));
}
