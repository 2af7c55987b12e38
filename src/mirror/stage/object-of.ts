/** Values as a change has them, from rows that have each with its `name` and whether it is an `attribute`. */
export const objectOf = (value: string): string => `
  coalesce(jsonb_object_agg(name, ${value}) filter (where not attribute), '{}')
    || sync.nested('attributes', coalesce(jsonb_object_agg(name, ${value}) filter (where attribute), '{}'))`;
