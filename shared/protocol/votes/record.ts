/**
 * What one write adds to a poll's chain: votes, the poll itself, or its end. Each record names the
 * message before it, so that a reader detects a fork or a hole.
 *
 * `seq` increases along the chain and is never assigned twice, even when a store lost its newest
 * messages: it is the time of the write in microseconds since 1970, or one above its predecessor.
 *
 * A message, as msgpack: `[1, after, prev, seq, closesAt, votes, poll or nil, final or nil]`. A vote
 * takes 13 bytes: 8 of the hash of its actor, 4 of the checksum of its event id, and the choice.
 */
import { hash } from "node:crypto";
import { crc32 } from "node:zlib";
import { decodeTrustedMsgpack, encodeMsgpack } from "../wire/codec.ts";
import { parsePoll, type StoredPoll } from "./poll.ts";

const VOTES_RECORD_VERSION = 1;
const VOTE_BYTES = 13;
/** The votes of a record that has none. */
export const NO_VOTES = new Uint8Array();

/**
 * A vote as it is stored. An actor is recognized by 64 bits of a hash that differs from poll to
 * poll: among five million, the chance that any two have the same is below one in a million.
 */
export interface StoredVote {
  /** The two halves of the actor's hash. */
  readonly high: number;
  readonly low: number;
  /** By which a repeat is told from a second vote. */
  readonly tag: number;
  readonly choice: number;
}

/** A record of a poll's chain. */
export interface VotesRecord {
  /** Sequence in the stream of the poll's message before this one; 0 when there was none. */
  readonly after: number;
  /** `seq` of the record before; 0 when there was none. */
  readonly prev: number;
  readonly seq: number;
  /** When the poll ends, so that whoever reads only the newest message knows. */
  readonly closesAt: number;
  /** In bytes, since a poll may have millions: see {@link encodeVotes} and {@link votesIn}. */
  readonly votes: Uint8Array;
  /** The poll, where this creates or changes it. */
  readonly poll?: StoredPoll | undefined;
  /** The votes of each choice, where this ends the poll: no record follows. */
  readonly final?: readonly number[] | undefined;
}

/** Votes as a record holds them. */
export function encodeVotes(votes: readonly StoredVote[]): Buffer {
  const bytes = Buffer.allocUnsafe(votes.length * VOTE_BYTES);
  let at = 0;
  for (const { high, low, tag, choice } of votes) {
    bytes.writeUInt32BE(high, at);
    bytes.writeUInt32BE(low, at + 4);
    bytes.writeUInt32BE(tag, at + 8);
    bytes.writeUInt8(choice, at + 12);
    at += VOTE_BYTES;
  }
  return bytes;
}

/** The inverse of {@link encodeVotes}: one after the other, so that not all are held as objects. */
export function* votesIn(bytes: Uint8Array): Generator<StoredVote> {
  const { buffer, byteOffset, byteLength } = bytes;
  const view = new DataView(buffer, byteOffset, byteLength);
  for (let at = 0; at + VOTE_BYTES <= byteLength; at += VOTE_BYTES) {
    yield {
      high: view.getUint32(at),
      low: view.getUint32(at + 4),
      tag: view.getUint32(at + 8),
      choice: view.getUint8(at + 12),
    };
  }
}

export function encodeVotesRecord(record: VotesRecord): Buffer {
  const { after, prev, seq, closesAt, votes, poll, final } = record;
  return encodeMsgpack([
    VOTES_RECORD_VERSION,
    after,
    prev,
    seq,
    closesAt,
    votes,
    poll ?? null,
    final ?? null,
  ]);
}

/** The inverse of {@link encodeVotesRecord}; undefined for a payload that isn't ours. */
export function decodeVotesRecord(payload: Uint8Array): VotesRecord | undefined {
  try {
    return parseRecord(decodeTrustedMsgpack(payload));
  } catch {
    return undefined;
  }
}

function parseRecord(value: unknown): VotesRecord | undefined {
  if (!Array.isArray(value)) return undefined;
  const [version, after, prev, seq, closesAt, votes, poll, final]: unknown[] = value;
  if (version !== VOTES_RECORD_VERSION || typeof after !== "number") return undefined;
  if (typeof prev !== "number" || typeof seq !== "number" || typeof closesAt !== "number") return;
  return {
    after,
    prev,
    seq,
    closesAt,
    votes: votes instanceof Uint8Array ? votes : NO_VOTES,
    poll: parsePoll(poll),
    final: Array.isArray(final) ? final.map(Number) : undefined,
  };
}

const HASH_CHARACTERS = 8;

/** The key of an actor in one poll: 8 characters of one byte each. */
export function actorKey(video: string, poll: string, actor: string): string {
  // Neither a video nor a poll has a space in it.
  return hash("sha256", `${video} ${poll} ${actor}`, "binary").slice(0, HASH_CHARACTERS);
}

/** The half of a key that begins at this character, as an unsigned number. */
function wordAt(key: string, at: number): number {
  const high = (key.charCodeAt(at) << 8) | key.charCodeAt(at + 1);
  return ((high << 16) | (key.charCodeAt(at + 2) << 8) | key.charCodeAt(at + 3)) >>> 0;
}

/** @param key of {@link actorKey} */
export function storedVote(key: string, eventId: string, choice: number): StoredVote {
  return { high: wordAt(key, 0), low: wordAt(key, 4), tag: crc32(eventId), choice };
}
