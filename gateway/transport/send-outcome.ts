/** The outcome of a write: `dropped` means that nothing of it was or will be sent. */
export type SendOutcome = "sent" | "dropped" | "closed";
