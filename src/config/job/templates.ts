import { suggestion } from "../../domain/suggest";
import { planned } from "../check-shape";
import type { Entry } from "../yaml/entry";

/** What `{…}` in a path or query may stand for. */
export type Template = "key" | "parent" | "run.id" | "since";

const PLANNED = ["until"];

/**
 * Reports templates that mean nothing in this place.
 *
 * @param allowed what may be used here
 * @returns the names used, e.g. `parent.id`, and `?` for each that was reported
 */
export function checkTemplates(entry: Entry, allowed: readonly Template[]): readonly string[] {
  const used: string[] = [];
  const unclosed = /\{[^{}]*$/.exec(entry.written() ?? "");
  if (unclosed !== null && !(entry.written() ?? "").includes("${")) {
    const part = { index: unclosed.index, length: unclosed[0].length };
    entry.report({ code: "CFG009", message: "this `{` is not closed", part });
    used.push("?");
  }
  for (const match of (entry.written() ?? "").matchAll(/(?<!\$)\{([^{}]*)\}/g)) {
    const name = match[1] ?? "";
    // What begins with a quote is JSON, as some systems take their filters, and is sent as it is.
    if (/^\s*"/.test(name)) continue;
    const part = { index: match.index, length: match[0].length };
    const kind = /^parent(\.[^.]+)+$/.test(name) ? "parent" : name;
    if ((allowed as readonly string[]).includes(kind)) {
      used.push(name);
    } else if (PLANNED.includes(name)) {
      entry.report({ ...planned(`\`{${name}}\``), part });
      used.push("?");
    } else {
      const known = allowed.map((template) => (template === "parent" ? "{parent.id}" : `{${template}}`));
      const reason = REASONS[kind];
      const message = `\`{${name}}\` ${reason ?? "is not a template"}`;
      entry.report({
        code: "CFG009",
        message,
        hint: reason === undefined ? suggestion(`{${name}}`, known) : null,
        part,
      });
      used.push("?");
    }
  }
  return used;
}

const REASONS: Readonly<Record<string, string>> = {
  key: "stands for one record's key, which only `one` knows",
  parent: "stands for the parent's record, which only entities with `each` have",
  since: "stands for the moment since when changes are asked for, which only `since: { query: … }` knows",
  "run.id": "cannot be used here",
};
