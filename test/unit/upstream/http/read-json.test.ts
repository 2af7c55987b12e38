import { Body } from "../../../../src/upstream/http/body";
import { DEFAULT_LIMITS } from "../../../../src/upstream/http/limits";
import { readJson } from "../../../../src/upstream/http/read-json";

const read = (body: string | Buffer, contentType = "application/json"): unknown =>
  readJson(
    { headers: { "content-type": contentType }, body: new Body([Buffer.from(body)]) },
    "http://h/users",
    DEFAULT_LIMITS,
  );

const failureOf = (body: string | Buffer, contentType?: string): unknown => {
  try {
    return read(body, contentType);
  } catch (error) {
    return error;
  }
};

describe("numbers", () => {
  test("integers beyond 2^53 arrive digit for digit, as text", () => {
    expect(
      read('{"id": 9007199254740993, "ids":[-12345678901234567890,1], "big": 100000000000000000000000000001}'),
    ).toEqual({
      id: "9007199254740993",
      ids: ["-12345678901234567890", 1],
      big: "100000000000000000000000000001",
    });
  });

  test("all other numbers stay numbers", () => {
    const text = "[9007199254740991,-9007199254740991,0.12345678901234567890,1234567890.123456789,1e21,1.5E-300,-0]";
    expect(read(text)).toEqual(JSON.parse(text));
  });

  test("digits within text are left alone", () => {
    const value = { 'a "1': 'x: 12345678901234567890, \\" 12345678901234567890', "12345678901234567890": "" };
    expect(read(JSON.stringify(value))).toEqual(value);
  });

  test.each(["[012345678901234567890]", "[1234567890123456789012 3]", "[--12345678901234567890]"])(
    "%s is no JSON and does not become any",
    (text) => {
      expect(failureOf(text)).toMatchObject({ code: "UPS011" });
    },
  );
});

test("`__proto__` is plain data", () => {
  const record = read('{"__proto__": {"admin": true}, "constructor": {"prototype": 1}, "id": 12345678901234567890}');
  expect(Object.keys(record as object)).toEqual(["__proto__", "constructor", "id"]);
  expect(Object.getPrototypeOf(record)).toBe(Object.prototype);
  expect(({} as Record<string, unknown>).admin).toBeUndefined();
});

test("a byte order mark, NUL and lone surrogates pass through to whoever judges records", () => {
  expect(read(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('["ü"]')]))).toEqual(["ü"]);
  expect(read('["\\u0000","\\ud800"]')).toEqual(["\u0000", "\ud800"]);
});

test.each([
  [
    "a web page",
    "<!doctype html><p>jane@example.com",
    "text/html; charset=utf-8",
    "web page instead of JSON (text/html, 34 bytes)",
  ],
  ["a web page that says it is JSON", "\n <html>jane@example.com", "application/json", "web page"],
  ["a page cut in the middle", '{"items":[{"mail":"jane@example.com"},{"ma', undefined, "ends in the middle"],
  ["a page cut within text", '["jane@example.com', undefined, "ends in the middle"],
  ["a page cut between lists", '{"items":[]', undefined, "ends in the middle"],
  ["no JSON at all", "jane@example.com", "text/plain; x=jane@example.com", "not JSON (text/plain"],
  ["a content type that is none", "jane@example.com", "jane@example.com", "no content type"],
  ["bytes that are no UTF-8", Buffer.from([0x5b, 0x22, 0xc3, 0x28, 0x22, 0x5d]), undefined, "not UTF-8"],
])("%s is told without what is in it", (_name, body, contentType, said) => {
  const failure = failureOf(body, contentType);
  expect(failure).toMatchObject({ code: "UPS011", message: expect.stringContaining(said) });
  expect(JSON.stringify(failure) + String(failure)).not.toContain("jane");
});

test.each(["[", '{"a":'])("JSON nested 200,000 deep with %s is refused", (open) => {
  expect(failureOf(open.repeat(200_000))).toMatchObject({ code: "UPS012" });
});
