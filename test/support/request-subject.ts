/** The subjects of gateways' requests, where there are as many partitions as by default. */
import { DEFAULT_PARTITIONS, partitionOf } from "../../shared/protocol/partitions.ts";

/** @param subject such as gatewayPublishSubject */
export function requestSubject(
  subject: (partition: number, video: string) => string,
  video: string,
): string {
  return subject(partitionOf(video, DEFAULT_PARTITIONS), video);
}
