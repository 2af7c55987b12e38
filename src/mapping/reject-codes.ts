/**
 * Why a record is rejected. The numbers are stable: lists of rejects are counted and explained by them.
 * MAP030 to MAP032 are given by later steps, which see more than one record.
 */
export const REJECT_CODES = {
  MAP020: "a required field is missing",
  MAP021: "a value is of the wrong kind, such as a list where a text is wanted",
  MAP022: "a value does not fit the format of its field",
  MAP023: "a value is not one of those the field allows",
  MAP024: "a value is not in the field's `map`, which has no `_`",
  MAP025: "a key is missing, blank, too long or neither a text nor a whole number",
  MAP026: "a text holds a NUL character or half of a surrogate pair, which no database stores",
  MAP027: "a whole number beyond 2^53, whose last digits are lost",
  MAP028: "an expression failed on the record",
  MAP029: "an expression gave something that is not JSON",
  MAP030: "two records on one page have one key and differ",
  MAP031: "a username that another person of the source has",
  MAP032: "an organization that is above itself",
  MAP033: "the record uses a property name reserved by JSONata",
  MAP034: "the record is nested too deeply",
  MAP035: "the record is not a JSON object",
  MAP036: "`skip` or `deletes` gave neither true nor false",
  MAP037: "an expression ran longer than two seconds on the record",
  MAP038: "an expression took more memory than it may on the record",
  MAP039: "an expression was not tried: it had to be stopped too often in this run",
} as const;

export type RejectCode = keyof typeof REJECT_CODES;
