import { canBe, type RecordShape } from "../../domain/record-shape";

/** A value of a record that the document describes, and the way to it. */
export interface RecordField {
  readonly path: readonly string[];
  readonly shape: RecordShape;
  /** Whether the document says that it is always there and never null. */
  readonly always: boolean;
}

/** What lies deeper belongs to something else than the record. */
const MAX_DEPTH = 3;
/** A document with more says nothing to anybody. */
const MAX_FIELDS = 10_000;

/** Every value of a record that is no object: texts, numbers, flags and lists, in the order of the document. */
export function fieldsOf(record: RecordShape): readonly RecordField[] {
  const fields: RecordField[] = [];
  const visit = (shape: RecordShape, path: readonly string[], always: boolean): void => {
    for (const name of shape.names) {
      const inner = shape.property(name);
      if (inner === null || fields.length >= MAX_FIELDS || isForMachines(name)) continue;
      const isThere = always && shape.requires(name) === true && inner.kinds?.has("null") !== true;
      const isObject = inner.names.size > 0 && canBe(inner, "object");
      if (!isObject) fields.push({ path: [...path, name], shape: inner, always: isThere });
      else if (path.length + 1 < (isRelationship(path) ? MAX_DEPTH + 1 : MAX_DEPTH))
        visit(inner, [...path, name], isThere);
    }
  };
  visit(record, [], true);
  return fields;
}

/** JSON:API says of others under `relationships.NAME.data`. */
export const isRelationship = ([holder = ""]: readonly string[]): boolean => holder === "relationships";

/** `_links` and `_embedded` are about the answer; `_id` is about the record. What every object inherits is no property. */
const isForMachines = (name: string): boolean =>
  name in Object.prototype || /^_(?!id$|key$)|^(?:links|schemas)$|^\$/i.test(name);

/** Whether a value can be a text or number, and nothing says that it is a list or an object. */
export const isText = ({ kinds }: RecordShape): boolean =>
  kinds === null || ((kinds.has("string") || kinds.has("number")) && !kinds.has("array") && !kinds.has("object"));

export const isFlag = ({ kinds }: RecordShape): boolean =>
  kinds !== null && [...kinds].every((kind) => kind === "boolean" || kind === "null");

export const isList = ({ kinds }: RecordShape): boolean => kinds?.has("array") === true;

/** Names that JSONata would read as something else. */
const KEYWORDS = new Set(["and", "or", "in", "true", "false", "null", "function"]);

/** A path as a JSONata expression. */
export const pathText = (path: readonly string[]): string =>
  path.map((name) => (/^[A-Za-z_]\w*$/.test(name) && !KEYWORDS.has(name) ? name : `\`${name}\``)).join(".");

/** A name with a backtick cannot be written in an expression at all. */
export const isWritable = (path: readonly string[]): boolean =>
  path.every((name) => name !== "" && !/[`\n\r]/.test(name));
