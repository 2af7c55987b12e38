import { noSources, noSuchSource } from "../../../src/domain/no-source";

const DRAFT = "draft one with: understudy init NAME --openapi FILE; or name another folder with -C DIR";

test("a source that is not there: where it was looked for, and what was probably meant", () => {
  const home = "/srv/understudy";
  expect(noSuchSource("acne", { home, known: ["acme", "corp"] })).toMatchObject({
    code: "USE002",
    exitCode: 2,
    data: { source: "acne" },
    message: "there is no source `acne`: /srv/understudy/jobs/acne.yaml does not exist",
    fix: "did you mean `acme`?",
  });
  expect(noSuchSource("globex", { home, known: ["acme", "corp"], inMirror: true })).toMatchObject({
    message:
      "there is no source `globex`: /srv/understudy/jobs/globex.yaml does not exist, and the mirror holds nothing of it",
    fix: `known: \`acme\` and \`corp\`; ${DRAFT}`,
  });
  expect(noSuchSource("acme", { home, known: [] }).fix).toBe(DRAFT);
  for (const inMirror of [true, false])
    expect(noSuchSource("local", { home, known: ["acme"], inMirror })).toMatchObject({
      code: "USE002",
      message:
        "there is no source `local`: the name is for administrators who are made here and known to no customer's system",
      fix: "see them: understudy admin list; make one: understudy admin create NAME --reason TEXT",
    });
  expect(noSources(home)).toEqual({
    message: "there are no sources yet: no job file in /srv/understudy/jobs",
    fix: DRAFT,
  });
});
