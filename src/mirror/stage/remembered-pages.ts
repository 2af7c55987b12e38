import type { Digest, PageChanges, RememberedPage } from "../../domain/page-records";
import { copyOut } from "./copy-out";
import type { StageContext } from "./stage-context";

/** Pages written by one statement: some 16 kB each. */
const AT_ONCE = 64;

export const readPages = (context: StageContext, stream: string): Promise<readonly RememberedPage[]> =>
  copyOut(
    context,
    "select page, begins, ends, digests from sync.pages where source = $1 and stream = $2",
    [context.source, stream],
    (columns) => ({
      page: columns.bytea().toString("latin1"),
      begin: columns.integer(),
      end: columns.integer(),
      digests: columns.bytea(),
    }),
  );

export async function keepPages(context: StageContext, changes: ReadonlyMap<string, PageChanges>): Promise<void> {
  for (const [stream, { learned, forgotten }] of changes) {
    if (forgotten.length > 0)
      await context.client.query(
        "delete from sync.pages where source = $1 and stream = $2 and page = any ($3::bytea[])",
        [context.source, stream, forgotten.map(bytesOf)],
      );
    for (let first = 0; first < learned.length; first += AT_ONCE) {
      const some = learned.slice(first, first + AT_ONCE);
      await context.client.query(
        `insert into sync.pages (source, stream, page, begins, ends, digests)
         select $1, $2, * from unnest($3::bytea[], $4::integer[], $5::integer[], $6::bytea[])
         on conflict do nothing`,
        [
          ...[context.source, stream, some.map(({ page }) => bytesOf(page))],
          ...[some.map(({ begin }) => begin), some.map(({ end }) => end), some.map(({ digests }) => digests)],
        ],
      );
    }
  }
}

const bytesOf = (digest: Digest): Buffer => Buffer.from(digest, "latin1");
