/** Job files with a mistake, and what is said of them. */
import { load, told, USERS } from "./project-folder";

/** A job that is right but for the lines given; a line replaces the one of the same word, or comes at the end. */
function jobWith(lines: string): string {
  const word = (lines.split(":")[0] ?? "").replace("entites", "entities");
  const right = [
    "source: acme",
    "baseUrl: https://api.example.com",
    "entities: { users: { get: /users, page: none, deletes: sweep } }",
  ];
  return `${right.filter((line) => !line.startsWith(`${word}:`)).join("\n")}\n${lines}\n`;
}

export const messages = async (lines: string) => {
  const files = { "jobs/acme.yaml": jobWith(lines), "mappings/acme/users.yaml": USERS };
  const { problems } = await load(files, {
    env: { ACME_TOKEN: "t", ACME_EMPTY: "", ACME_USER: "tenant:ann", ACME_BEARER: "Bearer t", ACME_LINES: "a\nb" },
  });
  return problems.map((problem) => told(problem).replace("jobs/acme.yaml:", ""));
};

/** What is written, and what is said of it. */
export type Mistake = readonly [mistake: string, lines: string, told: readonly string[]];
