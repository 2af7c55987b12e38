/** The target of the first link with `rel` (RFC 8288), null without one; undefined for a header that cannot be read. */
export const readLink = (header: string, rel: string): string | null | undefined => {
  const wanted = rel.toLowerCase();
  let rest = header.trim();
  while (rest !== "") {
    const target = /^<([^<>]*)>/.exec(rest);
    if (!target) return undefined;
    rest = rest.slice(target[0].length);
    const params = new Map<string, string>();
    for (let param = PARAM.exec(rest); param; param = PARAM.exec(rest)) {
      const [whole, name = "", quoted, token = ""] = param;
      const known = name.toLowerCase();
      // No relation is written in another alphabet (RFC 8288, 3.3).
      if (known === "rel*") return undefined;
      // The first `rel` counts, any other is to be ignored (RFC 8288, 3.3). Apostrophes are no quotes, but some take them for such.
      if (!params.has(known)) params.set(known, quoted?.replace(/\\(.)/g, "$1") ?? token.replace(/^'(.*)'$/, "$1"));
      rest = rest.slice(whole.length);
    }
    const end = /^\s*;?\s*(?:,[\s,]*|$)/.exec(rest);
    if (!end) return undefined;
    rest = rest.slice(end[0].length);
    const rels = (params.get("rel") ?? "").toLowerCase().split(/\s+/);
    if (!rels.includes(wanted)) continue;
    // A link with an anchor may be about another page than this one (RFC 8288, 3.2): whether there is a next one nobody knows then.
    return (params.get("anchor") ?? "") === "" ? (target[1] ?? "").trim() : undefined;
  }
  return null;
};

/** `; name=token`, `; name="quoted \" text"` or `; name`. */
const PARAM = /^\s*;\s*([^\s=;,"<>]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?/;
