/** Random JSON as text: with white space, escapes and numbers as systems write them that do not write it as JavaScript does. */
import fc from "fast-check";

/** White space where JSON allows it, mostly none. */
const spaces = fc.constantFrom("", "", "", "", " ", "\n\t", "\r\n  ");

const numbers = fc.oneof(
  fc.constantFrom("0", "-0", "1e400", "0.12345678901234567890", "1E-7", "9007199254740993", "-12345678901234567890"),
  fc.integer().map(String),
);

/** A character, or what it is written as with an escape. */
const characters = fc.oneof(
  fc.constantFrom("a", "7", " ", "{", "}", "[", "]", ",", ":", "ä", "€", "😀", "\\u0000", "\\ud800"),
  fc.constantFrom('\\"', "\\\\", "\\/", "\\n", "\\u0061", "1234567890123456"),
);

const texts = fc.array(characters, { maxLength: 6 }).map((all) => `"${all.join("")}"`);

/** Items with white space and commas between. */
const joined = (items: fc.Arbitrary<string>, most = 4): fc.Arbitrary<string> =>
  fc
    .array(fc.tuple(spaces, items, spaces), { maxLength: most })
    .chain((parts) => spaces.map((space) => parts.map((part) => part.join("")).join(",") || space));

const { values: jsonTexts, objects: objectTexts } = fc.letrec<{
  values: string;
  objects: string;
  lists: string;
}>((tie) => ({
  values: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(numbers, texts, fc.constantFrom("true", "false", "null")),
    tie("objects"),
    tie("lists"),
  ),
  objects: joined(fc.tuple(texts, spaces, tie("values")).map(([name, space, value]) => `${name}${space}:${value}`)).map(
    (inside) => `{${inside}}`,
  ),
  lists: joined(tie("values")).map((inside) => `[${inside}]`),
}));

export { jsonTexts };

/** A page whose list is at `path`, and the records in it, each as it is written. */
export const pageTexts = (path: readonly string[]): fc.Arbitrary<{ page: string; records: readonly string[] }> =>
  fc
    .tuple(fc.array(fc.oneof(objectTexts, jsonTexts), { maxLength: 8 }), fc.infiniteStream(spaces))
    .chain(([records, space]) => {
      const around = (text: string): string => `${space.next().value}${text}${space.next().value}`;
      const list = `[${records.map(around).join(",") || around("")}]`;
      return path
        .reduceRight<fc.Arbitrary<string>>(
          (inner, name) =>
            fc
              .tuple(beside(name), inner, beside(name))
              .map(
                ([before, value, after]) =>
                  `{${[...before, `${around(JSON.stringify(name))}:${around(value)}`, ...after].join(",")}}`,
              ),
          fc.constant(list),
        )
        .map((page) => ({ page: around(page), records }));
    });

/** Properties with other names, without escapes in them. */
const beside = (name: string): fc.Arbitrary<readonly string[]> =>
  fc.array(
    fc
      .tuple(fc.constantFrom("next", "total", "", "ö", `${name}s`, name.slice(1)), spaces, jsonTexts)
      .map(([other, space, value]) => `${space}${JSON.stringify(other)}${space}:${space}${value}${space}`),
    { maxLength: 3 },
  );
