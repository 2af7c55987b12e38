import { READ_COMPLETELY } from "../../domain/runs";
import { quotedList } from "../quoted-list";

/** That a run has looked at everybody since. One that began before says nothing about what came after, nor does one of a part. */
export const lookedAtSince = (source: string, at: string): string => `exists (
  select from sync.runs r
  where r.source = ${source} and r.mode = 'sync' and r.outcome in (${quotedList(READ_COMPLETELY)})
    and r.options ->> 'user' is null and r.options ->> 'only' is null and r.options ->> 'planId' is null
    and r.started_at > ${at})`;
