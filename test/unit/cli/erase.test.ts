import type { ErasureAnswer } from "../../../src/domain/erasure";
import { command } from "./command";

const answer: ErasureAnswer = {
  source: "acme",
  entries: 1_204,
  rows: { "login.verifiers": 1, "mirror.user_roles": 12 },
  texts: 2,
  named: { "audit.entries": 3 },
  erasure: null,
};

test("erase: what is kept and what stays, and the very command that erases", async () => {
  const asked: unknown[] = [];
  const erasePerson = async (request: unknown) => {
    asked.push(request);
    return answer;
  };
  const { out, exitCode } = await command(["erase", "user:acme/88 12"], {
    erasePerson,
  });
  expect(exitCode).toBe(6);
  expect(asked).toEqual([
    {
      source: "acme",
      key: "88 12",
      expect: null,
      trigger: expect.objectContaining({ kind: "cli", reason: null }),
    },
  ]);
  expect(out).toMatchInlineSnapshot(`
   "kept of this person
     audit.entries      1,204
     login.verifiers    1
     mirror.user_roles  12
     2 texts about others, where the name alone goes
   what is told of others, stays and names this person
     audit.entries  3
   nothing was changed; to erase all of it for good:
     understudy erase 'user:acme/88 12' --expect 1204 --reason 'why, naming nobody'
   "
  `);
  expect(JSON.parse((await command(["erase", "acme/88/12", "--json"], { erasePerson })).out)).toEqual(answer);
});

test("erase --expect: what went, and where it is told", async () => {
  const asked: unknown[] = [];
  const erasePerson = async (request: unknown) => {
    asked.push(request);
    return { ...answer, texts: 0, named: {}, erasure: 1_300 };
  };
  const argv = ["erase", "acme/8812", "--expect", "1204", "--reason", "request 815"];
  const { out, exitCode } = await command(argv, { erasePerson });
  expect({ exitCode, asked }).toMatchObject({
    exitCode: 0,
    asked: [
      {
        source: "acme",
        key: "8812",
        expect: 1_204,
        trigger: { reason: "request 815" },
      },
    ],
  });
  expect(out).toMatchInlineSnapshot(`
   "erased
     audit.entries      1,204
     login.verifiers    1
     mirror.user_roles  12
   entry 1300 of the audit says by whom, when and why
   "
  `);
});

test.each([
  ["no person", ["erase", "acme"], "`erase acme` does not name a person"],
  ["no reason", ["erase", "acme/8812", "--expect", "3"], "add --reason, with a text that names nobody"],
  ["a blank reason", ["erase", "acme/8812", "--expect", "3", "--reason", " "], "it must say why, for the audit"],
])("with %s nothing is asked", async (_, argv, words) => {
  const { exitCode, err, opened } = await command(argv);
  expect({ exitCode, opened }).toEqual({ exitCode: 2, opened: [] });
  expect(err).toContain(words);
});
