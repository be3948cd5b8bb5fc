/** The JSON Schema of webhooks: docs/webhook-events.schema.json. */
import { z } from "zod";
import { hookBodySchema } from "../shared/protocol/hooks/events.ts";

export function webhookSchemaFile(): string {
  const schema = z.toJSONSchema(hookBodySchema, { io: "input" });
  const about = { title: "A webhook of Ovation", ...schema };
  return `${JSON.stringify(about, undefined, 2)}\n`;
}
