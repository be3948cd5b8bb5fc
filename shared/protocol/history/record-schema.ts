/**
 * What a message of the history's stream holds, once its msgpack is decoded: docs/records.schema.json
 * and the tables of docs/records.md are made of it, and a test holds stored messages against it.
 * record.ts reads and writes them.
 */
import { z } from "zod";
import { KIND_PATTERN } from "../kinds.ts";
import { RECORD_VERSION } from "./record.ts";

type Described = [title: string, description: string];

function described<Schema extends z.ZodType>(schema: Schema, [title, description]: Described) {
  return schema.meta({ title, description });
}

const whole = z.int().nonnegative();
const kind = z.string().regex(KIND_PATTERN);

const storedEventSchema = z.object({
  id: z.string().min(1).max(64).describe("One event of the video has it, while that is kept."),
  kind: kind.describe("`retracted` for a deletion."),
  at: z.number().describe("When it was published, in milliseconds since 1970."),
  actor: z.string().optional().describe("Who did it."),
  data: z
    .unknown()
    .optional()
    .describe("What was published. Of a deletion: `{id, seq}` of the deleted event."),
  seq: whole.describe("Its number in the video's history: it only rises, and is never reused."),
  prev: whole.describe("The `seq` of the event before it; 0: there was none."),
});

const entrySchema = z
  .tuple([
    described(kind, ["kind", "Its kind."]),
    described(z.string(), ["id", "Its id."]),
    described(whole, ["seq", "Its `seq`."]),
    described(storedEventSchema, ["event", "The event, as viewers get it; msgpack in itself."]),
    described(whole.nullable(), ["deleted", "Of a deletion: the `seq` of the deleted event."]),
    described(z.string().nullable(), ["owner", "Who may repeat the id; for dispatchers alone."]),
  ])
  .rest(z.unknown());

const recordItems = [
  described(whole, ["prev", "`last` of the video's record before it; 0: there was none."]),
  described(whole, ["last", "`seq` of its last event, also when that was deleted."]),
  described(z.array(entrySchema), ["events", "Its events, in the order of `seq`."]),
] as const;

const recordSchema = z.tuple([...recordItems]).rest(z.unknown());

const amendedSchema = z
  .tuple([
    ...recordItems,
    described(whole, ["sequence", "That of the message that the record had to itself."]),
    described(whole, ["after", "`after` of that message."]),
  ])
  .rest(z.unknown());

const countsSchema = z
  .tuple([
    described(whole, ["origin", "`seq` of the first event that is counted; 0: none is."]),
    described(z.record(z.string(), whole), ["counts", "How many there were, by kind."]),
  ])
  .rest(z.unknown());

/** A stored message, with its msgpack decoded, and that of the events in it. */
export const recordMessageSchema = z
  .tuple([
    described(z.literal(RECORD_VERSION), ["version", "Of the format."]),
    described(whole, [
      "after",
      "Sequence in the stream of the video's message before this one; 0: there was none.",
    ]),
    described(recordSchema, ["record", "What was stored together."]),
    described(z.array(amendedSchema), [
      "amended",
      "Earlier records of the video, whose own messages were erased: in each, an event was deleted.",
    ]),
    described(countsSchema, [
      "counts",
      "How many events the video has had up to here, without deleted ones.",
    ]),
  ])
  .rest(z.unknown());

/** The schemas that have a table in docs/records.md, by its heading's marker. */
export const RECORD_TABLES = {
  message: recordMessageSchema,
  record: recordSchema,
  amended: amendedSchema,
  entry: entrySchema,
  event: storedEventSchema,
} as const;
