/** The group roles of `deploy/roles.sql`. What each may do stands in `roles/rights.ts` (decision 0042). */
export const GROUPS = {
  migrator: "understudy_migrator",
  writer: "understudy_writer",
  login: "understudy_login",
  auditor: "understudy_auditor",
  /** Nobody's login: the writer becomes it for a COPY, which Postgres refuses to whom row security applies (decision 0043). */
  loader: "understudy_loader",
} as const;

/** Whatever BullMQ makes in it, the writer may use. */
export const QUEUE_SCHEMA = "queue";

/** Of the functions by which the login reader asks about one person. */
export const READER_SCHEMA = "login_reader";
