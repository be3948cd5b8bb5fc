/** Tokens for viewers and for the backend itself, signed with the secret that the gateways have too. */
import { SignJWT } from "jose";

// The gateways of `npm start` check no signatures. Yours do: give both the same secret of 32 bytes.
const secret = new TextEncoder().encode(
  process.env.OVATION_AUTH_SECRET ?? "only for trying it out with npm start",
);

function sign(claims) {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime("10m")
    .sign(secret);
}

/** A viewer watches this video, and publishes what viewers do on it, as `user`. */
export function tokenOfViewer(user, video) {
  return sign({ sub: user, videos: [video], publish: ["like", "react", "comment", "vote"] });
}

/** The backend publishes anything on all videos, with whatever actor. */
export function tokenOfBackend() {
  return sign({ videos: ["*"], publish: ["*"], scope: "any-actor" });
}
