/**
 * Node's flags for a role that our own code starts. A gateway's heap is mostly the state of waiting
 * viewers, and a frame leaves little garbage: with V8's default of 16 MiB for half of the young
 * generation, that alone grows to 2 kB for each of 15,000 viewers.
 */
const NODE_FLAGS = {
  gateway: ["--max-semi-space-size=4"],
  dispatcher: [],
  hooks: [],
} as const;

export function nodeFlags(role: keyof typeof NODE_FLAGS): readonly string[] {
  return NODE_FLAGS[role];
}
