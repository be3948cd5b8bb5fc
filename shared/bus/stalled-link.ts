/**
 * Drops a link whose server no longer answers. The client first sends what it has buffered, and closes
 * the link then; a server that is stalled, or a machine that is gone, never takes it. So under load the
 * client would wait until the operating system gives up, after a quarter of an hour or never.
 */
import { type NatsConnection, NatsConnectionImpl } from "nats";

/**
 * Ends the link at once, with what is buffered. The client then reports `disconnect`, and connects again.
 * @param connection whose client has just reported `staleConnection`
 */
export function dropStalledLink(connection: NatsConnection): void {
  if (!(connection instanceof NatsConnectionImpl)) return;
  // With an error, the client sends nothing more. It rejects nothing: the status says what happened.
  void connection.protocol.transport.close(new Error("the server does not answer"));
}
