import { createHash } from "node:crypto";
import type { Job, Stream } from "../domain/job";
import type { FieldRule, MappingSpec, Source } from "../domain/mapping";
import type { KeyVersion, MappingVersion } from "../domain/mapping-version";
import { isNode, namesBoundIn, nodesOf, plainPathOf, treeOf, variablesOf } from "./ast";

/** Counted up when the same mapping makes something else of a record than it did before. */
const MAPPER = 1;

/** A fingerprint a name: an expression that uses a `let` means something else when that does. */
type LetFingerprints = ReadonlyMap<string, string>;

/**
 * The version of a stream's mapping: what it makes of a record, and what shapes the request that brings it. Left out is what
 * decides nothing about a value: positions, comments, formatting, the order of fields, names of `let`, tests, `pii`; and of
 * the job its schedule, rate, safeguards, page size, when absence counts, and its host, which may have another name elsewhere.
 */
export function versionOf({ http }: Pick<Job, "http">, stream: Stream): MappingVersion {
  const { mapping, deletes, request, one, each, records, page } = stream;
  const lets = fingerprintLets(mapping);
  const { size: _size, total: _total, ...paging } = page;
  const fingerprint = digest({
    mapper: MAPPER,
    into: mapping.into,
    nulls: mapping.keepNulls,
    skip: mapping.skip === null ? null : meaningOf(mapping.skip.text, lets),
    deletes: deletes.expression === null ? null : meaningOf(deletes.expression.text, new Map()),
    fields: byName(mapping.fields, lets),
    attributes: byName(mapping.attributes, lets),
    request: { headers: http.headers, each, request, one, records, paging },
  });
  return { stream: stream.name, into: stream.into, fingerprint, key: keyVersionOf(mapping, lets) };
}

function fingerprintLets(mapping: MappingSpec): LetFingerprints {
  const lets = new Map<string, string>();
  for (const { name, expression } of mapping.let) lets.set(name, meaningOf(expression.text, new Map(lets)));
  return lets;
}

function keyVersionOf(mapping: MappingSpec, lets: LetFingerprints): KeyVersion | null {
  if (mapping.key === null) return null;
  const { text } = mapping.key;
  const used = new Set(variablesOf(treeOf(text)));
  // From the last to the first, for a `let` may use those before it.
  const kept = mapping.let.toReversed().filter(({ name, expression }) => {
    if (!used.has(name)) return false;
    for (const variable of variablesOf(treeOf(expression.text))) used.add(variable);
    return true;
  });
  return {
    fingerprint: meaningOf(text, lets),
    text,
    let: kept.toReversed().map(({ name, expression }) => ({ name, text: expression.text })),
    keepNulls: mapping.keepNulls,
  };
}

const byName = (rules: readonly FieldRule[], lets: LetFingerprints): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    rules.map(({ name, at: _at, pii: _pii, literals: _literals, from, map, ...rule }) => [
      `field ${name}`,
      {
        ...rule,
        map: map === null ? null : { entries: map.entries, fallback: map.fallback },
        from: from.map((source) => meaningOfSource(source, lets)),
      },
    ]),
  );

const meaningOfSource = (source: Source, lets: LetFingerprints): unknown =>
  source.kind === "expression"
    ? meaningOf(source.expression.text, lets)
    : { join: source.parts.map((part) => meaningOf(part.text, lets)), with: source.with };

/**
 * A fingerprint of an expression: of its syntax tree without positions, a `let` in it replaced by what that means. Where the
 * expression binds a name of its own that a `let` has too, names are kept as they are: over-careful, never blind.
 */
function meaningOf(text: string, lets: LetFingerprints): string {
  const ast = treeOf(text);
  const alone = plainPathOf(ast);
  const whole = alone?.names.length === 0 && alone.root !== null ? lets.get(alone.root) : undefined;
  if (whole !== undefined) return whole;
  const bound = namesBoundIn([...nodesOf(ast)]);
  const shadowed = [...lets].filter(([name]) => bound.has(name));
  const tree: unknown = JSON.parse(
    JSON.stringify(ast, (name, value: unknown) => {
      if (name === "position") return undefined;
      if (value instanceof RegExp) return `regex ${String(value)}`;
      const used = isNode(value) && value.type === "variable" ? lets.get(String(value.value)) : undefined;
      return used === undefined || shadowed.length > 0 ? value : { let: used };
    }),
  );
  return digest(shadowed.length === 0 ? tree : { tree, lets: [...lets] });
}

const digest = (value: unknown): string =>
  createHash("sha256")
    .update(JSON.stringify(value, (_name, inner: unknown) => (isPlainObject(inner) ? sorted(inner) : inner)))
    .digest("hex");

const isPlainObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The same whatever the order in which it was written. */
const sorted = (object: object): object =>
  Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
