import { queueUnreachable } from "../../../src/schedule/queue-unreachable";

const failed = (code: string, message = "no") => Object.assign(new Error(message), { code });

test.each([
  [failed("DEPTH_ZERO_SELF_SIGNED_CERT"), "its certificate is not trusted", "NODE_EXTRA_CA_CERTS"],
  [failed("SELF_SIGNED_CERT_IN_CHAIN"), "its certificate is not trusted", "NODE_EXTRA_CA_CERTS"],
  [failed("UNABLE_TO_GET_ISSUER_CERT_LOCALLY"), "its certificate is not trusted", "NODE_EXTRA_CA_CERTS"],
  [failed("CERT_HAS_EXPIRED"), "its certificate has expired", "REDIS_URL"],
  [failed("ERR_TLS_CERT_ALTNAME_INVALID"), "its certificate is for another name", "REDIS_URL"],
  [new Error("NOPERM No permissions to access a key"), "the user lacks a right", "REDIS_URL"],
  [failed("53300", "too many connections for role"), "it has no connection to spare", "REDIS_URL"],
  [failed("53100", "could not extend file"), "its disk is full", "free some space on its disk"],
  [failed("25006", "cannot execute INSERT"), "it is read-only", "REDIS_URL"],
  [new Error("something else"), "it did not answer as expected", "REDIS_URL"],
])("%s: %s", (cause, reason, fix) => {
  const failure = queueUnreachable("queue.example:6379", "REDIS_URL", cause);
  expect(failure.message).toBe(`the queue at queue.example:6379 is out of reach: ${reason}; the mirror stays as it is`);
  expect(failure.fix).toContain(fix);
});

test("of the embedded database no setting is named: nobody set one", () => {
  const failure = queueUnreachable("the embedded database", null, failed("57P01", "terminating connection"));
  expect(failure.message).toContain("the queue at the embedded database is out of reach: the connection was closed");
  expect(failure.fix).toBe("run the command again: it starts the database, or says why that does not start");
});
