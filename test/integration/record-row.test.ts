/** Postgres itself says whether a record is written as it is, and as the audit tells of it. */
import * as fc from "fast-check";
import { Client } from "pg";
import { columnsOf, type EntityName, type FieldSpec } from "../../src/domain/entities";
import type { Json } from "../../src/domain/json";
import type { MappedRecord, MappingSpec } from "../../src/domain/mapping";
import { copyInto } from "../../src/mirror/stage/copy/copy-into";
import { CopyRows } from "../../src/mirror/stage/copy/copy-rows";
import { recordRow } from "../../src/mirror/stage/copy/record-row";
import { createTestDatabase, type TestDatabase } from "../support/test-database";

let database: TestDatabase;
let client: Client;
beforeAll(async () => {
  database = await createTestDatabase();
  client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query("set timezone = 'UTC'");
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

const storable = fc
  .oneof(
    fc.string(),
    fc.string({ unit: "grapheme", maxLength: 150 }),
    fc.constantFrom("\\N", 'a"b', "\t\r\n\\", "null"),
  )
  .map((text) => text.replaceAll("\0", " "));

const time = fc
  .date({ min: new Date("0001-01-01T00:00:00.000Z"), max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true })
  .map((date) => (date.getTime() % 3 === 0 ? date : new Date(Math.floor(date.getTime() / 1000) * 1000)).toISOString());

const anyOf = ({ type, values }: FieldSpec): fc.Arbitrary<string | boolean> => {
  if (type === "boolean") return fc.boolean();
  if (type === "timestamp") return time;
  return values === undefined ? storable : fc.constantFrom(...values);
};

const recordOf = (columns: readonly FieldSpec[]): fc.Arbitrary<MappedRecord> =>
  fc.record({
    outcome: fc.constant("record" as const),
    key: storable,
    values: fc.record(
      Object.fromEntries(columns.map((column) => [column.name, fc.option(anyOf(column), { freq: 3 })])),
    ),
    attributes: fc.oneof(
      fc.constant({}),
      fc.dictionary(
        storable,
        fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value).replaceAll("\\u0000", "")) as Json),
      ),
    ),
    lists: fc.constant([]),
    dropped: fc.constant([]),
  });

test.each<[EntityName, number]>([
  ["users", 1],
  ["users", 3],
  ["roles", 1],
  ["permissions", 1],
  ["orgs", 2],
])("%s of which one column in %d is described", async (entity, apart) => {
  const columns = columnsOf(entity);
  const described = columns.filter((_, index) => index % apart === 0);
  const {
    columns: written,
    writeColumns,
    writeJson,
  } = recordRow(entity, { fields: described } as unknown as MappingSpec);
  const names = columns.map(({ name }) => name);
  await client.query(
    `create temporary table written as select 0::bigint as ord, key, ${names.join(", ")}, attributes, attributes as told
     from mirror.${entity} with no data`,
  );
  const records = fc.sample(recordOf(described), 300);
  const copied = new CopyRows();
  for (const [ord, record] of records.entries()) {
    copied.row(written + 3);
    copied.int8(ord);
    copied.text(record.key);
    writeColumns(copied, record);
    writeJson(copied, record);
  }
  await copyInto({ client }, "written", ["ord", "key", ...names, "attributes", "told"], copied);

  const { rows } = await client.query(
    `select key, ${names.join(", ")}, attributes,
            told = jsonb_strip_nulls(jsonb_build_object(${described.map(({ name }) => `'${name}', ${name}`).join(", ")}))
              || case when attributes = '{}' then '{}'::jsonb else jsonb_build_object('attributes', attributes) end as agrees
     from written order by ord`,
  );
  const read = rows.map(({ key, attributes, agrees, ...values }) => ({
    key,
    values: asMapped(values),
    attributes,
    agrees,
  }));
  const expected = records.map(({ key, values, attributes }) => ({
    key,
    attributes,
    agrees: true,
    values: { ...Object.fromEntries(names.map((name) => [name, null])), ...values },
  }));
  await client.query("drop table written");
  expect(read).toEqual(expected);
});

const asMapped = (values: object): object =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, value instanceof Date ? value.toISOString() : value]),
  );
