/** Property names from a record's root; a list on the way stands for each of its items. */
export type Paths = readonly (readonly string[])[];

/**
 * A value as text that is the same for the same value only: JSON, but with numbers that JSON cannot write. Where some paths
 * are ignored, so is the order of properties.
 */
export const textOf = (value: unknown, ignored: Paths): string => write(value, ignored, ignored.length > 0);

const write = (value: unknown, ignored: Paths, sorted: boolean): string => {
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => write(item, ignored, sorted)).join()}]`;
  const names = sorted ? Object.keys(value).sort() : Object.keys(value);
  const properties = names.flatMap((name) => {
    const below = ignored.filter(([first]) => first === name).map((path) => path.slice(1));
    if (below.some((path) => path.length === 0)) return [];
    return `${JSON.stringify(name)}:${write((value as Readonly<Record<string, unknown>>)[name], below, sorted)}`;
  });
  return `{${properties.join()}}`;
};
