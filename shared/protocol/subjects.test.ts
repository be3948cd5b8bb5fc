import { describe, expect, test } from "vitest";
import {
  countSubject,
  frontendSubject,
  frontendSubjects,
  gatewayCommandSubject,
  gatewayOfSpendingSubject,
  gatewayPartition,
  gatewayPublishSubject,
  gatewayRetractSubject,
  isReservedSubject,
  NO_VIDEO,
  parseRowKey,
  parseStoredSubject,
  publishSubject,
  rowKey,
  rowsOfGateway,
  SERVICE_REQUESTS,
  SPENDING_SUBJECTS,
  STORED_SUBJECTS,
  servicePartition,
  spendingSubject,
  storedSubject,
  targetOfCommandSubject,
  videoOfCountSubject,
  videoOfPublishSubject,
  videoOfRetractSubject,
  withoutPartition,
} from "./subjects.ts";

const VIDEOS = ["launch", "a", "-_-", "x".repeat(128)];

/** Whether a NATS subject matches a pattern with `*`. */
function matches(pattern: string, subject: string): boolean {
  const [expected, is] = [pattern.split("."), subject.split(".")];
  if (expected.length !== is.length) return false;
  return expected.every((token, index) => token === "*" || token === is[index]);
}

test("a publish subject names its video, is one that dispatchers subscribe to, and parses back", () => {
  for (const video of VIDEOS) {
    const subject = publishSubject(video);
    expect(matches(SERVICE_REQUESTS.publish, subject)).toBe(true);
    expect(videoOfPublishSubject(subject)).toBe(video);
  }
  expect(publishSubject("launch")).toBe("ov.publish.launch");
});

test("a request names its video, or no video, and its partition", () => {
  for (const video of VIDEOS) {
    const service = servicePartition(7);
    const mapped = `ov.publish.7.${video}`;
    expect(matches(service.publish, mapped)).toBe(true);
    expect(videoOfPublishSubject(mapped)).toBe(video);
    expect(withoutPartition(mapped)).toBe(publishSubject(video));
    const gateway = gatewayPartition(7);
    expect(matches(gateway.publish, gatewayPublishSubject(7, video))).toBe(true);
    expect(videoOfPublishSubject(gatewayPublishSubject(7, video))).toBe(video);
    expect(matches(gateway.retract, gatewayRetractSubject(7, video))).toBe(true);
    expect(videoOfRetractSubject(gatewayRetractSubject(7, video))).toBe(video);
    expect(matches(gateway.command, gatewayCommandSubject(7, video))).toBe(true);
    expect(targetOfCommandSubject(gatewayCommandSubject(7, video))).toBe(video);
    expect(matches(gateway.count, countSubject(7, video))).toBe(true);
    expect(videoOfCountSubject(countSubject(7, video))).toBe(video);
  }
  expect(targetOfCommandSubject("ov.command.~")).toBe(NO_VIDEO);
  expect(targetOfCommandSubject("ov.command.63.~")).toBe(NO_VIDEO);
  expect(targetOfCommandSubject("ov.gateway.command.0.~")).toBe(NO_VIDEO);
});

test.each([
  "ov.gateway.publish.x.launch",
  "ov.gateway.publish.01.launch",
  "ov.gateway.publish.1.a.b",
  "ov.publish.-1.launch",
])("%s names no partition and video", (subject) => {
  expect(videoOfPublishSubject(subject)).toBeUndefined();
});

test.each([
  "ov.publish.",
  "ov.publish.a.b",
  "ov.publish.*",
  "ov.publish.a b",
  `ov.publish.${"x".repeat(129)}`,
  "ov.publish",
  "ov.other.launch",
  "launch",
])("%s is not a publish subject of a video", (subject) => {
  expect(videoOfPublishSubject(subject)).toBeUndefined();
});

test("a subject to a gateway names gateway and video", () => {
  expect(frontendSubject("g1", "launch")).toBe("ov.frontend.g1.launch");
  expect(matches(frontendSubjects("launch"), frontendSubject("g1", "launch"))).toBe(true);
  expect(matches(frontendSubjects("launch"), frontendSubject("g1", "other"))).toBe(false);
});

describe("row keys", () => {
  test("parse back to video and gateway", () => {
    for (const video of VIDEOS) {
      expect(parseRowKey(rowKey(video, "g1"))).toEqual({ video, gateway: "g1" });
    }
  });

  test("of one gateway match its filter, those of others don't", () => {
    expect(matches(rowsOfGateway("g1"), rowKey("launch", "g1"))).toBe(true);
    expect(matches(rowsOfGateway("g1"), rowKey("launch", "g2"))).toBe(false);
  });

  test.each(["", ".", "launch", "launch.", ".g1", "a.b.g1", "launch.G1", "a b.g1", "launch.*"])(
    "%j is not a row of ours",
    (key) => {
      expect(parseRowKey(key)).toBeUndefined();
    },
  );
});

test("the notice of a stored record has a subject that parses back", () => {
  for (const video of VIDEOS) {
    const subject = storedSubject(video, 12_345);
    expect(matches(STORED_SUBJECTS, subject)).toBe(true);
    expect(parseStoredSubject(subject)).toEqual({ video, sequence: 12_345 });
  }
});

test.each([
  "ov.stored.launch",
  "ov.stored.launch.0",
  "ov.stored.launch.x",
  "ov.stored..1",
  "ov.stored.a.b.1",
])("%s names no record", (subject) => expect(parseStoredSubject(subject)).toBeUndefined());

test("a reply may go to an inbox, but to no subject of Ovation or NATS", () => {
  for (const subject of ["_INBOX.a.b", "my.inbox.1", "over.x"])
    expect(isReservedSubject(subject)).toBe(false);
  for (const subject of ["ov.frontend.g.v", "$JS.API.INFO", "$KV.b.k"]) {
    expect(isReservedSubject(subject)).toBe(true);
  }
});

test("a notice of actors' publishes names its gateway, is subscribed to, and parses back", () => {
  const subject = spendingSubject("g1");
  expect(matches(SPENDING_SUBJECTS, subject)).toBe(true);
  expect(gatewayOfSpendingSubject(subject)).toBe("g1");
  for (const other of ["ov.spending.", "ov.spending.G1", "ov.spending.a.b", "ov.publish.g1"]) {
    expect(gatewayOfSpendingSubject(other)).toBeUndefined();
  }
});
