/** What the stack and its simulated audience tell each other over their IPC channel. */
import { z } from "zod";
import { AUDIENCE_LIMITS } from "../contract.ts";

/** To the audience: how many they are to be, and how much they like. */
export const audienceSchema = z.object({
  viewers: z.int().min(0).max(AUDIENCE_LIMITS.viewers),
  likesPerSecond: z.number().min(0).max(AUDIENCE_LIMITS.likesPerSecond),
});

/** From the audience: how many of them are connected. */
export const attendanceSchema = z.object({ connected: z.int().min(0) });

export type Attendance = z.output<typeof attendanceSchema>;
