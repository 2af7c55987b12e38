import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Secret } from "../../../src/domain/secret";
import { waitAfter } from "../../../src/notify/backoff";
import { signedHeaders } from "../../../src/notify/sign";
import { ROOT } from "../../support/documents";

const page = readFileSync(join(ROOT, "docs/how-to/be-told.md"), "utf8");
const [, code = ""] = /```js\n(.*?)```/s.exec(page) ?? [];
const isFromUnderstudy = new Function("require", `${code}; return isFromUnderstudy;`)(require) as (
  headers: Readonly<Record<string, string>>,
  body: string,
  secret: string,
) => boolean;

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLazz";
const now = Math.floor(Date.now() / 1000);
const body = '{"source":"acme"}';
const headers = signedHeaders({ id: "m1", at: now, body }, new Secret(SECRET));

test("the ten lines of the how-to page tell our signature from others", () => {
  expect(code.trim().split("\n").length).toBeLessThanOrEqual(12);
  expect(isFromUnderstudy(headers, body, SECRET)).toBe(true);
  expect(isFromUnderstudy(headers, body.replace("acme", "evil"), SECRET)).toBe(false);
  expect(isFromUnderstudy({ ...headers, "webhook-id": "m2" }, body, SECRET)).toBe(false);
  expect(isFromUnderstudy(headers, body, "whsec_AAAA")).toBe(false);
  const old = signedHeaders({ id: "m1", at: now - 3600, body }, new Secret(SECRET));
  expect(isFromUnderstudy(old, body, SECRET)).toBe(false);
  const unsigned = signedHeaders({ id: "m1", at: now, body }, null);
  expect(isFromUnderstudy(unsigned, body, SECRET)).toBe(false);
});

test("it is that of the specification", () => {
  // The example of standardwebhooks.com.
  const example = signedHeaders(
    { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", at: 1614265330, body: '{"test": 2432232314}' },
    new Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
  );
  expect(example["webhook-signature"]).toBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
});

test.each(["whsec_", "whsec_!!!", "whsec_AAAA"])("nothing is signed with %s", (secret) => {
  expect(() => signedHeaders({ id: "m1", at: now, body }, new Secret(secret))).toThrow();
});

test("pauses grow to an hour", () => {
  expect([1, 2, 3, 10, 1000].map((attempts) => waitAfter(attempts, 0))).toEqual([
    ...[10_000, 20_000, 40_000, 3_600_000, 3_600_000],
  ]);
  expect(waitAfter(1, 0.999)).toBeGreaterThan(7_500);
});
