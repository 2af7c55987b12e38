import type { EntityName } from "../../../domain/entities";
import type { KeyPair, RekeyFacts } from "../../../domain/rekey";
import { copyInto } from "../copy/copy-into";
import { CopyRows } from "../copy/copy-rows";
import { numberOf, rowsOf, type StageContext } from "../stage-context";

/** So many examples are told. */
const EXAMPLES = 10;

/** Moves a key aside while it still belongs to somebody else: no real key begins like this. */
const ASIDE = "chr(1) || 'rekey' || chr(1)";

export async function pairKeys(context: StageContext, pairs: readonly KeyPair[]): Promise<void> {
  const told = pairs.filter((pair) => pair.old !== null && pair.new !== null);
  const rows = new CopyRows();
  for (const pair of told) rows.line([pair.old, pair.new]);
  await copyInto(context, "stage_key_pairs", ["old_key", "new_key"], rows);
}

/** Why an old key does not stand for one new key, each with an example. */
const CLASHES = (entity: EntityName): readonly string[] => [
  `select 'the record \`' || old_key || '\` has several: \`' || min(new_key) || '\` and \`' || max(new_key) || '\`' as clash
   from pairs group by old_key having count(*) > 1 order by old_key collate "C" limit 1`,
  `select 'several records have \`' || new_key || '\`: \`' || min(old_key) || '\` and \`' || max(old_key) || '\`' as clash
   from pairs group by new_key having count(*) > 1 order by new_key collate "C" limit 1`,
  `select '\`' || p.new_key || '\`, of the record \`' || p.old_key || '\`, is the key of somebody else in the mirror who was not met' as clash
   from pairs p join mirror.${entity} m on m.source = $1 and m.key = p.new_key
   where not exists (select from pairs met where met.old_key = m.key)
   order by p.old_key collate "C" limit 1`,
  `select 'none of the ' || count(*) || ' ${entity} in the mirror has the old key in a record any more' as clash
   from mirror.${entity} m where m.source = $1 and m.tombstoned_at is null
   having count(*) > 0 and count(*) filter (where exists (select from pairs p where p.old_key = m.key)) = 0`,
];

/** Makes of the pairs what is to be renamed, and tells how the mirror stands to it. */
export async function weighRekey(context: StageContext, entity: EntityName): Promise<RekeyFacts> {
  const { client, source } = context;
  await client.query(`
    create temporary table pairs as select distinct old_key, new_key from stage_key_pairs;
    analyze pairs`);
  const nothing = { renamed: 0, same: 0, unmet: 0, examples: [], unmetKeys: [] };
  for (const sql of CLASHES(entity)) {
    const [found] = await rowsOf<{ clash: string }>(context, sql, sql.includes("$1") ? [source] : []);
    if (found !== undefined) return { ...nothing, clash: found.clash };
  }
  await client.query(
    `insert into rekeys (old_key, new_key, aside, known)
     select p.old_key, p.new_key,
            case when exists (select from pairs o where o.old_key = p.new_key) then ${ASIDE} || p.new_key end,
            exists (select from mirror.${entity} m where m.source = $1 and m.key = p.old_key)
     from pairs p where p.old_key <> p.new_key`,
    [source],
  );
  await client.query("analyze rekeys");
  const unmet = `from mirror.${entity} m
    where m.source = $1 and m.tombstoned_at is null and not exists (select from pairs p where p.old_key = m.key)`;
  return {
    clash: null,
    renamed: await numberOf(context, "select count(*) from rekeys where known"),
    same: await numberOf(
      context,
      `select count(*) from pairs p join mirror.${entity} m on m.source = $1 and m.key = p.old_key where p.old_key = p.new_key`,
      [source],
    ),
    unmet: await numberOf(context, `select count(*) ${unmet}`, [source]),
    examples: await rowsOf<{ old: string; new: string }>(
      context,
      `select old_key as old, new_key as new from rekeys where known order by old_key collate "C" limit ${EXAMPLES}`,
    ),
    unmetKeys: (
      await rowsOf<{ key: string }>(context, `select m.key ${unmet} order by m.key collate "C" limit ${EXAMPLES}`, [
        source,
      ])
    ).map(({ key }) => key),
  };
}
