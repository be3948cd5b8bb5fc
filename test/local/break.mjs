/** Loaded with `node --import`, it lets a test break the process from within, as a bug would. */
process.on("SIGUSR2", () => {
  throw new Error("boom in a handler");
});
process.on("SIGWINCH", () => {
  Promise.reject(new Error("boom in a promise"));
});
