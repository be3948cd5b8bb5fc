/** How often a race is tried: a few times with all tests, more by `OVATION_TEST_ROUNDS`. */

/** @param usual how many rounds without the variable */
export function rounds(usual: number): number {
  return Number(process.env["OVATION_TEST_ROUNDS"] ?? usual);
}
