import { DIGEST_BYTES, type Digest, type PageChanges, type RememberedPage } from "../../domain/page-records";
import { copyOut } from "./copy/copy-out";
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
    for (let first = 0; first < learned.length; first += AT_ONCE)
      await insertPages(context, stream, learned.slice(first, first + AT_ONCE));
  }
}

/** All bytes go as one value each, cut up where they arrive: an array of them would be a text of twice the length. */
async function insertPages(
  { client, source }: StageContext,
  stream: string,
  pages: readonly RememberedPage[],
): Promise<void> {
  await client.query(
    `insert into sync.pages (source, stream, page, begins, ends, digests)
     select $1, $2, substring($3::bytea from (place - 1)::integer * ${DIGEST_BYTES} + 1 for ${DIGEST_BYTES}), begins, ends,
            substring($4::bytea from (sum(length) over (order by place) - length)::integer + 1 for length)
     from unnest($5::integer[], $6::integer[], $7::integer[]) with ordinality as pages (begins, ends, length, place)
     on conflict do nothing`,
    [
      source,
      stream,
      bytesOf(pages.map(({ page }) => page).join("")),
      Buffer.concat(pages.map(({ digests }) => digests)),
      pages.map(({ begin }) => begin),
      pages.map(({ end }) => end),
      pages.map(({ digests }) => digests.length),
    ],
  );
}

const bytesOf = (digest: Digest): Buffer => Buffer.from(digest, "latin1");
