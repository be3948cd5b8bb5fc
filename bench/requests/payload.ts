/** What is published: a like, the same each time, a comment, or the vote of another actor each time. */
import { encodeMsgpack } from "../../shared/protocol/wire/codec.ts";

/** A like as a viewer's gateway would forward it. */
const LIKE = encodeMsgpack({ kind: "like", data: [123_456, 12_345_678] }).toString("latin1");

const CHOICES = 4;
const NUMBER = "00000000";

export type PayloadOf = (number: number) => string;

export const like: PayloadOf = () => LIKE;

const COMMENT = encodeMsgpack({
  kind: "comment",
  id: `comment-${NUMBER}`,
  actor: "a-fan",
  data: { text: "What a goal, I can hardly believe it!" },
  by: "actor:a-fan",
})
  .toString("latin1")
  .split(NUMBER);

/** Comments as a viewer's gateway would forward them. */
export const comment: PayloadOf = (number) =>
  COMMENT.join(String(number).padStart(NUMBER.length, "0"));

/** Votes in a poll of four choices, as a viewer's gateway would forward them. */
export function votesIn(poll: string): PayloadOf {
  const event = { kind: "vote", id: `vote-of-${NUMBER}`, actor: `a-fan-${NUMBER}` };
  const payloads = Array.from({ length: CHOICES }, (_, choice) =>
    encodeMsgpack({ ...event, data: { poll, choice } })
      .toString("latin1")
      .split(NUMBER),
  );
  return (number) => {
    const [head, middle, tail] = payloads[number % CHOICES] ?? [];
    const digits = String(number).padStart(NUMBER.length, "0");
    return `${head}${digits}${middle}${digits}${tail}`;
  };
}
