/** Kinds of each class, and one whose events reviewers are asked about. */
import type { Kind } from "../../shared/protocol/kinds.ts";
import { TEST_KINDS } from "../support/kinds.ts";

export const KINDS: readonly Kind[] = [
  ...TEST_KINDS,
  { name: "note", deliveryClass: "durable", review: true, schema: {} },
  { name: "score", deliveryClass: "state" },
];
