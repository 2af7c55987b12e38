import { readParent, readRecords } from "../../../../src/app/answers/read-records";

const read = (text: string | Buffer, place: readonly string[] = []) =>
  readRecords("users.json", Buffer.from(text as string), place);

test.each<[string, string, readonly string[], unknown]>([
  ["a list", '[{"id":1},{"id":2}]', [], [{ id: 1 }, { id: 2 }]],
  ["an empty list", "[]", [], []],
  ["one record", '{"id":1}', ["items"], [{ id: 1 }]],
  ["a page", '{"data":{"items":[{"id":1}]}}', ["data", "items"], [{ id: 1 }]],
  ["a page with something else there", '{"data":{"items":7}}', ["data", "items"], [{ data: { items: 7 } }]],
  ["a page keyed by id", '{"12":{"id":1},"ada":{"id":2}}', ["*"], [{ id: 1 }, { id: 2 }]],
  ["one record of a page keyed by id", '{"id":1}', ["*"], [{ id: 1 }]],
  ["one record a line", '{"id":1}\n\n{"id":2}\r\n', [], [{ id: 1 }, { id: 2 }]],
  ["one record over several lines", '{\n"id":\n1}\n', [], [{ id: 1 }]],
  ["behind a byte order mark", '\ufeff[{"id":"ü"}]', [], [{ id: "ü" }]],
  ["a number beyond 2^53, digit for digit", '[{"id":9007199254740993}]', [], [{ id: "9007199254740993" }]],
  ["what is no record", "7", [], [7]],
])("%s", (_, text, place, records) => expect(read(text, place)).toEqual(records));

test.each<[string, string | Buffer, string]>([
  ["nothing", "", "`users.json` is empty"],
  ["blanks", " \n\t", "`users.json` is empty"],
  ["text", "<html>Ada</html>", "`users.json` is not JSON"],
  ["a comma too many", '{"id": "Ada",}', "`users.json` is not JSON"],
  ["half of it", '[{"id": "Ada"', "`users.json` is not JSON"],
  ["a bad line", '{"id": 1}\n{"id": Ada}\n', "users.json:2: this line is not JSON"],
  ["a line with NUL", '{"id": 1}\n\0\n', "users.json:2: this line is not JSON"],
  ["bytes", Buffer.from([0xff, 0xfe, 0x00]), "`users.json` is not JSON"],
  ["endless nesting", "[".repeat(200_000), "`users.json` is not JSON"],
])("%s is refused, and not quoted", (_, text, message) => {
  const refused = () => read(text);
  expect(refused).toThrow(expect.objectContaining({ code: "USE008", message: expect.stringContaining(message) }));
  expect(refused).not.toThrow(/Ada/);
});

test("a parent is one record", () => {
  expect(readParent("p.json", Buffer.from('{"id":1}'))).toEqual({ id: 1 });
  for (const text of ["[1]", "7", '[{"id":1},{"id":2}]'])
    expect(() => readParent("p.json", Buffer.from(text))).toThrow(expect.objectContaining({ code: "USE008" }));
});
