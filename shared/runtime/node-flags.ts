/**
 * What node is told, for a role that is started by something of ours. A gateway's heap is mostly
 * what waiting viewers hold, and what a frame leaves behind is little: with V8's own bound of 16 MiB
 * for half of the young generation, that alone grows to 2 kB for each of 15,000 viewers.
 */
const NODE_FLAGS = {
  gateway: ["--max-semi-space-size=4"],
  dispatcher: [],
} as const;

export function nodeFlags(role: keyof typeof NODE_FLAGS): readonly string[] {
  return NODE_FLAGS[role];
}
