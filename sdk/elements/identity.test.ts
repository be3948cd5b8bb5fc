/** What the elements offer by a viewer's token. */
import { expect, test } from "vitest";
import { claimsOf } from "./identity.ts";

function tokenWith(claims: object, signature = "signature"): string {
  const payload = Buffer.from(JSON.stringify(claims)).toString("base64url");
  return `e30.${payload}.${signature}`;
}

test.each([
  [["comment"], true],
  [["*"], true],
  [["comment@launch"], true],
  [["comment@la*"], true],
  [["*@launch"], true],
  [["like", "comment@other", "comment@x*"], false],
  [[], false],
  [undefined, false],
])("who may publish %j sees a line for comments on the video: %s", (publish, may) => {
  const claims = claimsOf(tokenWith({ sub: "anna", publish }));
  expect(claims.mayPublish("comment", "launch")).toBe(may);
});

test.each([
  ["moderate", true],
  ["observe moderate@launch", true],
  ["moderate@la*", true],
  ["moderate@other", false],
  ["moderateur", false],
  ["", false],
  [undefined, false],
])("who has the scope %j sees moderators' menus on the video: %s", (scope, may) => {
  expect(claimsOf(tokenWith({ scope })).moderates("launch")).toBe(may);
});

test("names in any script are read, and what can't be read allows what nobody knows", () => {
  expect(claimsOf(tokenWith({ sub: "Zoë 🎉" })).actor).toBe("Zoë 🎉");
  for (const token of ["", "an-api-key-of-some-kind", "a.b.c", "e30.bnVsbA.x"]) {
    const { actor, mayPublish, moderates } = claimsOf(token);
    expect(actor, token).toBeUndefined();
    expect([mayPublish("comment", "launch"), moderates("launch")], token).toEqual([true, false]);
  }
});
