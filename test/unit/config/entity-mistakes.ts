/** Entities of a job with a mistake, and what is said of them. */
import { load, told, USERS } from "./project-folder";

/** What is told about a job with these entities. */
export const messages = async (entities: string, mappings: Readonly<Record<string, string>> = {}) => {
  const job = `source: acme\nbaseUrl: https://api.example.com\n${entities}\n`;
  const { problems } = await load({ "jobs/acme.yaml": job, "mappings/acme/users.yaml": USERS, ...mappings });
  return problems.map((problem) => told(problem).replace("jobs/acme.yaml:", ""));
};

/** What is written of the users, and what is said of it. */
export type Mistake = readonly [mistake: string, users: string, told: readonly string[]];
