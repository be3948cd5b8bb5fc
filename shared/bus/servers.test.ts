import { expect, test } from "vitest";
import { serverOptions } from "./servers.ts";

test("servers have a port, 4222 by default", () => {
  const { servers } = serverOptions(["nats://one", "nats://two:4333", "nats://[::1]:4444"]);
  expect(servers).toEqual(["one:4222", "two:4333", "[::1]:4444"]);
});

test("user and password are taken out of the URL, never left in a server's name", () => {
  const options = serverOptions(["nats://one", "nats://anna:s3cret@two:4333"]);
  expect(options).toEqual({ servers: ["one:4222", "two:4333"], user: "anna", pass: "s3cret" });
});

test("without a user and password in a URL there are none", () => {
  expect(serverOptions(["nats://one"])).toEqual({ servers: ["one:4222"] });
});

test.each([
  ["p%40ss%3Aword", "p@ss:word"],
  ["12345", "12345"],
  ["100%", "100%"],
])("the password %s is read as %s", (written, pass) => {
  expect(serverOptions([`nats://anna:${written}@one`]).pass).toBe(pass);
});

test("TLS is used when one URL requires it", () => {
  expect(serverOptions(["nats://one", "tls://two"]).tls).toEqual({});
  expect(serverOptions(["nats://one"]).tls).toBeUndefined();
});
