import { parseYaml } from "../../../../src/config/yaml/parse-yaml";

const CODES = { syntax: "MAP010", unknown: "MAP011", value: "MAP014", missing: "MAP013" } as const;
const read = (text: string) => parseYaml("f", text, CODES, [])?.get("n")?.value;

test.each([
  ["9007199254740991", 9007199254740991],
  ["-9007199254740991", -9007199254740991],
  ["9007199254740993", "9007199254740993"],
  ["-12345678901234567890", "-12345678901234567890"],
  ["1234567890123456.5", 1234567890123456.5],
  ["1e30", 1e30],
])("%s is what it is in an answer of the upstream", (written, value) => {
  expect(read(`n: ${written}`)).toBe(value);
  expect(read(`n: [${written}]`)).toEqual([value]);
});
