// Prints a viewer's token: node token.mjs anna launch
import { TokenSigner } from "ovation-server";

const [actor, video] = process.argv.slice(2);

const signer = new TokenSigner({ secret: process.env.OVATION_AUTH_SECRET });
const rights = { videos: [video], publish: ["like", "comment"], expiresInMs: 600_000 };
console.log(await signer.viewer(actor, rights));
