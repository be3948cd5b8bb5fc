// Receives webhooks: WEBHOOK_SECRETS="whsec_… whsec_…" PORT=3002 node webhook.mjs
import { createServer } from "node:http";
import { verifyWebhook } from "ovation-server";

const { WEBHOOK_SECRETS = "", PORT = "3002" } = process.env;
const secrets = WEBHOOK_SECRETS.split(" ");

createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  try {
    const delivery = { headers: request.headers, body: Buffer.concat(parts) };
    const { id, payload } = await verifyWebhook(delivery, { secrets });
    // A delivery may come twice: keep the id with what you store of it.
    console.log("verified", id, JSON.stringify(payload));
    response.writeHead(204).end();
  } catch {
    response.writeHead(401).end();
  }
}).listen(Number(PORT), () => console.log("listening"));
