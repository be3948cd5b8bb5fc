/** What a dispatcher takes as a reviewer's secret and authorities. */
import { expect, test } from "vitest";
import { fileWith } from "../../test/support/tokens.ts";
import { loadHttpReviewer } from "./reviewer.ts";

const url = "https://reviewer.example/";
const secretOf = (bytes: number) => `whsec_${Buffer.alloc(bytes, 7).toString("base64")}`;
const load = async (file: Partial<Parameters<typeof loadHttpReviewer>[0]>) =>
  await loadHttpReviewer({
    reviewUrl: url,
    reviewCaFile: undefined,
    reviewSecretFile: undefined,
    ...file,
  });

test("a file has one secret or two, and without a file nothing is signed", async () => {
  const one = await load({ reviewSecretFile: fileWith(`${secretOf(24)}\n`) });
  const two = await load({ reviewSecretFile: fileWith(`${secretOf(64)}\r\n${secretOf(32)}`) });
  expect([one?.keys.length, two?.keys.length]).toEqual([1, 2]);
  expect((await load({}))?.keys).toEqual([]);
});

test.each([
  ["", "must hold 1 to 2 secrets, one a line, but holds 0"],
  [`${secretOf(24)}\n`.repeat(3), "must hold 1 to 2 secrets, one a line, but holds 3"],
  [secretOf(23), "line 1 must be whsec_ and the base64 of 24 to 64 bytes"],
  [secretOf(65), "line 1 must be whsec_ and the base64 of 24 to 64 bytes"],
  [`${secretOf(24)}\nhush-hush`, "line 2 must be whsec_ and the base64 of 24 to 64 bytes"],
  ["whsec_not base64, though it is long enough", "line 1 must be whsec_ and"],
])(
  "%j holds no secret, and the error names setting and file, and tells no secret",
  async (text, fault) => {
    const file = fileWith(text);
    const error = await load({ reviewSecretFile: file }).catch((reason: Error) => reason);
    expect(String(error)).toContain(`--review-secret-file: ${file}: ${fault}`);
    expect(String(error)).not.toMatch(/hush|not base64/);
  },
);

test("authorities must be in PEM, and for an https URL", async () => {
  const file = fileWith("nothing");
  await expect(load({ reviewCaFile: file })).rejects.toThrow(
    `--review-ca-file: ${file}: must hold`,
  );
  await expect(load({ reviewCaFile: "/nowhere.pem" })).rejects.toThrow("/nowhere.pem");
  const plain = { reviewUrl: "http://127.0.0.1/", reviewCaFile: file };
  await expect(load(plain)).rejects.toThrow("--review-ca-file: --review-url is no https URL");
});
