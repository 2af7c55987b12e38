import { Redaction } from "../../../../src/mirror/erase/redact";

const of = (keys: readonly string[], ...words: readonly string[]) => new Redaction({ keys, words });
const ada = of(["8812"], "ada.weber", "ada@mail.example", "Ada Weber", "Jo");

test.each([
  ["8812", "(erased)"],
  ["the upstream has no user with the key `8812`", "the upstream has no user with the key `(erased)`"],
  ["its `username` is held by users/8812, users/88123", "its `username` is held by users/(erased), users/88123"],
  ["GET https://acme.example/users/8812?full=1 gave 500", "GET https://acme.example/users/(erased)?full=1 gave 500"],
  // A count, not a key.
  ["8812 records, run 8812", "8812 records, run 8812"],
  ["until ADA WEBER is back", "until (erased) is back"],
  ["ada.weber asked, not ada.weber2", "(erased) asked, not ada.weber2"],
  ["(ada@mail.example)", "((erased))"],
  // Too short to be told from a word.
  ["so Jo went", "so Jo went"],
])("%s", (text, redacted) => expect(ada.text(text)).toBe(redacted));

test("a key that is no count is found by itself, and as a URL has it", () => {
  const redaction = of(["a/b c", "x1"]);
  expect(redaction.text("users/a%2Fb%20c and a/b c, x1; not x12")).toBe(
    "users/(erased) and (erased), (erased); not x12",
  );
});

test("what is special in a pattern or in JSON is text like any other", () => {
  const redaction = of(['k[1]"\\'], "a.b*c?");
  expect(redaction.text('`k[1]"\\` and a.b*c?, not axb*c?')).toBe("`(erased)` and (erased), not axb*c?");
  expect(redaction.needles).toContain('k[1]\\"\\\\');
});

test("of JSON only what is said freely is changed, and rejects of the person are counted instead of listed", () => {
  const sync = of(["8812"], "sync", "users");
  expect(
    sync.json({
      options: { mode: "sync", user: "8812", only: ["users"] },
      rejects: [
        { entity: "users", key: "8812", reason: "no name" },
        { entity: "user_roles", key: "8812 -> 7", reason: "no role" },
        { entity: "roles", key: "8812", reason: "its members name `8812`" },
        { entity: "users", key: null, reason: "no key" },
      ],
      rejectsOmitted: 1,
      run: 8812,
      notes: ["`8812` came on page 3"],
    }),
  ).toEqual({
    options: { mode: "sync", user: "(erased)", only: ["users"] },
    rejects: [
      // Of a role with the same key the key goes as well: nobody can tell.
      { entity: "roles", key: "(erased)", reason: "its members name `(erased)`" },
      { entity: "users", key: null, reason: "no key" },
    ],
    rejectsOmitted: 3,
    run: 8812,
    notes: ["`(erased)` came on page 3"],
  });
});

test("a reason that is to be kept may not even hold a number that is the key", () => {
  expect(
    ["request 8812", "Ada Weber asked", "request 88121", "who asked"].map((text) => ada.mayBeNamedIn(text)),
  ).toEqual([true, true, false, false]);
});

test("a record names the person wherever it does", () => {
  expect(ada.isNamedIn({ members: [{ id: 8812 }] })).toBe(true);
  expect(ada.isNamedIn({ manager: "Ada Weber" })).toBe(true);
  expect(ada.isNamedIn({ members: [{ id: 88121 }], manager: null, name: "Weber" })).toBe(false);
});

test("a letter with its accent is one letter or two, whoever writes it", () => {
  const jose = of(["e\u0301 1"], "Jos\u00e9 P\u00e9rez");
  expect(jose.text("Jose\u0301 Pe\u0301rez asked for `\u00e9 1`")).toBe("(erased) asked for `(erased)`");
});

test("what is too short to be taken out is not looked for", () => {
  expect(ada.needles).not.toContain("Jo");
});
