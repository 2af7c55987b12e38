import type { SubjectRule } from "../../domain/login";
import type { Expression } from "../../domain/mapping";
import type { Entry } from "../yaml/entry";

/** What stands where an expression is missing, which has been told about: `false` is never a yes. */
const nothing = (entry: Entry | null): Expression => ({
  text: "false",
  at: entry?.position ?? { file: "", line: 1, column: 1 },
});

export const readExpression = (entry: Entry | null): Expression => entry?.expression() ?? nothing(entry);

/** `subject:` of a way: whom it speaks of, by key or by user name. */
export function readSubject(way: Entry | null): SubjectRule {
  const subject = way?.get("subject") ?? null;
  const [key, username] = [subject?.get("key") ?? null, subject?.get("username") ?? null];
  if (subject !== null && key !== null && username !== null)
    username.report({ message: "`subject` says both `key` and `username`: which of them counts?", atKey: true });
  return key === null && username !== null
    ? { by: "username", from: readExpression(username) }
    : { by: "key", from: readExpression(key ?? subject) };
}
