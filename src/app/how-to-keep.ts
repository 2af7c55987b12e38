import type { Job } from "../domain/job";

/** What somebody does who misses raw records of a source, as the beginning of a `fix`. */
export const howToKeep = ({ source, file, keepRaw }: Job): string =>
  keepRaw === null ? `put \`keepRaw: true\` into ${file} and sync` : `sync ${source} once`;
