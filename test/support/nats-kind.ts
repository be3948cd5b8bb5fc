/** Which nats-servers the integration tests run against. */

/** The oldest version, the pinned newest, and one in a container. */
export const natsKinds = ["2.9", "current", "container"] as const;
export type NatsKind = (typeof natsKinds)[number];

function isNatsKind(text: string): text is NatsKind {
  return natsKinds.some((kind) => kind === text);
}

/** The kind named by OVATION_TEST_NATS; undefined: whatever this machine has. */
export function requestedNatsKind(): NatsKind | undefined {
  const requested = process.env["OVATION_TEST_NATS"];
  if (requested === undefined || requested === "") return undefined;
  if (isNatsKind(requested)) return requested;
  throw new Error(`OVATION_TEST_NATS is "${requested}", not one of ${natsKinds.join(", ")}`);
}

/** The kinds named by OVATION_TEST_REQUIRE: a missing one is a failure. */
export function natsKindsRequired(): readonly NatsKind[] {
  const listed = process.env["OVATION_TEST_REQUIRE"] ?? "";
  const names = listed.split(",").map((name) => name.trim());
  return names
    .filter((name) => name !== "")
    .map((name) => {
      if (isNatsKind(name)) return name;
      throw new Error(`OVATION_TEST_REQUIRE names "${name}", not one of ${natsKinds.join(", ")}`);
    });
}
