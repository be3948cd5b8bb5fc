/** The messages between the stack and its simulated audience over their IPC channel. */
import { z } from "zod";
import { AUDIENCE_LIMITS } from "../contract.ts";

/** To the audience: how many viewers to simulate, and how many likes they send. */
export const audienceSchema = z.object({
  viewers: z.int().min(0).max(AUDIENCE_LIMITS.viewers),
  likesPerSecond: z.number().min(0).max(AUDIENCE_LIMITS.likesPerSecond),
});

/** From the audience: how many viewers are connected. */
export const attendanceSchema = z.object({ connected: z.int().min(0) });

export type Attendance = z.output<typeof attendanceSchema>;
