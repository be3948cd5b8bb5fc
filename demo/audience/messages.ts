/** The messages between the stack and its simulated audience over their IPC channel. */
import { z } from "zod";
import { AUDIENCE_LIMITS } from "../contract.ts";

/** How many viewers to simulate, and how many likes they send. */
export const audienceSchema = z.object({
  viewers: z.int().min(0).max(AUDIENCE_LIMITS.viewers),
  likesPerSecond: z.number().min(0).max(AUDIENCE_LIMITS.likesPerSecond),
});

const openPollSchema = z.object({ name: z.string(), choices: z.int().positive() });

/** A poll that viewers can vote in, by its name, with the number of its choices. */
export type OpenPoll = z.output<typeof openPollSchema>;

/** To the audience: its size, and the poll in which it votes. */
export const crowdSchema = audienceSchema.extend({ poll: openPollSchema.optional() });

export type CrowdMessage = z.output<typeof crowdSchema>;

/** From the audience: how many viewers are connected. */
export const attendanceSchema = z.object({ connected: z.int().min(0) });

export type Attendance = z.output<typeof attendanceSchema>;

/** The variable that holds the audience's token, where its gateways require one. */
export const TOKEN_VARIABLE = "OVATION_LOCAL_TOKEN";
