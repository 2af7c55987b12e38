/** Mapping files with a mistake, and what is said of them. */
import { load, told } from "./project-folder";

const JOB = "source: acme\nbaseUrl: https://a.example\nentities: { x: { get: /x, page: none, deletes: never } }\n";

export const messages = async (mapping: string) => {
  const { problems } = await load({ "jobs/acme.yaml": JOB, "mappings/acme/x.yaml": mapping });
  return problems.map((problem) => told(problem).replace("mappings/acme/x.yaml:", ""));
};

export const users = (fields: string) =>
  `into: users\nkey: id\nfields:\n  username: login\n  status: state\n${fields}\n`;

export const orgs = (more: string) => `into: orgs\nkey: id\nfields: { name: title }\n${more}\n`;

/** What is written, and what is said of it. */
export type Mistake = readonly [mistake: string, mapping: string, told: readonly string[]];
