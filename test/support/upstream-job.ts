/** Jobs and streams for tests of the upstream: everything a job file would give, with pauses of a millisecond or two. */
import { readSafeguard } from "../../src/config/job/read-policies";
import type { HttpPolicy, Job, Stream } from "../../src/domain/job";
import type { List } from "./upstream-list";

export const quickHttp: HttpPolicy = {
  rate: null,
  concurrency: 4,
  timeout: 10_000,
  allowPrivate: true,
  headers: {},
  retry: {
    statuses: [429],
    serverErrors: true,
    network: true,
    backoff: { from: 1, to: 2 },
    budget: 60_000,
  },
};

export const jobAt = (baseUrl: string, changes: Partial<Job> = {}): Job => ({
  source: "acme",
  file: "jobs/acme.yaml",
  baseUrl,
  auth: { kind: "none" },
  schedule: null,
  http: quickHttp,
  safeguard: readSafeguard(null),
  keepRaw: null,
  notify: [],
  login: null,
  streams: [],
  secretFiles: [],
  ...changes,
});

/** A stream of users at `path`, paged as `list` describes itself. */
export const streamOf = (
  list: Pick<List, "paging" | "records"> | null,
  path = "/users",
  changes: Partial<Stream> = {},
): Stream => ({
  name: "users",
  into: "users",
  each: null,
  request: { path, query: {} },
  one: null,
  page: list?.paging ?? { kind: "none", size: null, total: null },
  records: list?.records ?? ["items"],
  ignore: [],
  shape: null,
  parentShape: null,
  deletes: { absence: "sweep", expression: null },
  increments: null,
  mapping: {
    file: "mappings/acme/users.yaml",
    into: "users",
    key: null,
    skip: null,
    let: [],
    fields: [],
    attributes: [],
    keepNulls: false,
    tests: [],
  },
  ...changes,
});
