import { nearest, suggestion } from "../../domain/suggest";
import type { AstNode } from "../ast";
import { type Members, mayBe, type Possible, UNKNOWN, withAbsence } from "./possible";
import type { Scene } from "./scene";
import { kindsInWords } from "./words";

interface Place {
  readonly node: AstNode;
  /** The path to what is asked; empty for the record itself, null for what has no name. */
  readonly holder: string | null;
  readonly scene: Scene;
}

/** A property of a value that is no list. One that cannot be there is reported. */
export function memberOf(value: Possible, name: string, place: Place): Possible {
  const { kinds, members } = value;
  if (kinds === null || kinds.size === 0) return UNKNOWN;
  const { findings, expression } = place.scene;
  const report = (message: string, hint: string | null, severity: "error" | "warning" = "error") =>
    findings.report(expression, [place.node], { code: "MAP047", message, hint, severity });
  if (!mayBe(value, "object")) {
    const holder = place.holder === null || place.holder === "" ? "this" : `\`${place.holder}\``;
    report(`${holder} is ${kindsInWords(value)}, which has no \`${name}\``, null);
    return UNKNOWN;
  }
  const found = members.member(name);
  if (found === null) {
    report(`${holderOf(place)} no \`${name}\``, hintFor(name, members) ?? textHint(name, place));
    return UNKNOWN;
  }
  const like = members.isOpen && !members.names.has(name) ? nearest(name, [...members.names]) : null;
  if (like !== null) {
    const message = `${holderOf(place)} no \`${name}\` among those that are listed`;
    report(message, `did you mean \`${like}\`?`, "warning");
  }
  return kinds.size === 1 || found.absence !== "never" ? found : withAbsence(found, "unsaid");
}

const holderOf = ({ holder }: Place): string =>
  holder === null
    ? "what stands before it has"
    : holder === ""
      ? "the API's records have"
      : `\`${holder}\` of the API's records has`;

/** Quotes of YAML are gone by now: `kind: "team"` reads a property. */
const textHint = (name: string, { scene }: Place): string | null =>
  scene.expression.text.trim() === name ? `a fixed text is written \`'"${name}"'\`` : null;

/** The name that is meant, here or one level further in; else what there is. */
function hintFor(name: string, members: Members): string | null {
  const known = [...members.names];
  const like = suggestion(name, known, null);
  if (like !== null) return like;
  const further = (choose: (names: readonly string[]) => string | null): string | null => {
    for (const holder of known) {
      const found = choose([...(members.member(holder)?.members.names ?? [])]);
      if (found !== null) return `did you mean \`${holder}.${found}\`?`;
    }
    return null;
  };
  const inner = further((names) => (names.includes(name) ? name : null)) ?? further((names) => nearest(name, names));
  return inner ?? suggestion(name, known);
}
