import type { StageContext } from "./stage-context";

/**
 * Which list states a link, as it is called now: a run that writes nothing leaves what is kept under a stream's name from before.
 *
 * @param column what it is called in the database
 */
export const originOf = (
  { client, supposedRenames }: Pick<StageContext, "client" | "supposedRenames">,
  column: string,
): string =>
  supposedRenames.reduce((otherwise, { from, to }) => {
    const [before, now] = [client.escapeLiteral(from), client.escapeLiteral(to)];
    return `case when starts_with(${column}, ${before} || '.') then ${now} || substr(${column}, length(${before}) + 1) else ${otherwise} end`;
  }, column);
