import { EXIT } from "./exit-codes";

/**
 * The closed union of failures. `exit` is the command's exit code, `retry` whether the same
 * attempt may succeed later without anybody changing anything.
 */
const code = (exit: number, title: string, { retry }: { readonly retry: boolean } = { retry: false }) =>
  ({ exit, retry, title }) as const;

export const CODES = {
  // Usage of the command line
  USE001: code(EXIT.usage, "a word or flag the command does not know"),
  USE002: code(EXIT.usage, "no such source"),
  USE003: code(EXIT.usage, "no such run, plan, hold or person"),
  USE004: code(EXIT.usage, "a decision that does not fit what is there"),
  USE005: code(EXIT.usage, "a source that answers no questions yet"),
  USE007: code(EXIT.usage, "an address that cannot be listened at"),
  USE008: code(EXIT.usage, "a file named on the command line that cannot be read"),

  // Files and environment
  CFG001: code(EXIT.files, "invalid files"),
  CFG002: code(EXIT.files, "a job file that cannot be read as YAML"),
  CFG003: code(EXIT.files, "an unknown word in a job file"),
  CFG004: code(EXIT.files, "a missing word in a job file"),
  CFG005: code(EXIT.files, "a value that does not fit in a job file"),
  CFG006: code(EXIT.files, "a word that is planned, not yet supported"),
  CFG007: code(EXIT.files, "a secret written into a file"),
  CFG008: code(EXIT.files, "a variable or secret file that cannot be read"),
  CFG009: code(EXIT.files, "an unknown template"),
  CFG010: code(EXIT.files, "files that do not fit together"),
  CFG011: code(EXIT.files, "a choice left open that decides about removals"),
  CFG012: code(EXIT.files, "an environment variable that does not fit"),
  CFG013: code(EXIT.files, "a list that is never asked for in full again"),
  OAS001: code(EXIT.files, "an OpenAPI document that cannot be read"),
  OAS002: code(EXIT.files, "a version of OpenAPI that is not supported"),
  OAS003: code(EXIT.files, "an operation or path that the OpenAPI document does not have"),
  OAS004: code(EXIT.files, "a query parameter that the operation does not have or that it misses"),
  OAS005: code(EXIT.files, "a path parameter that nothing fills"),
  OAS006: code(EXIT.files, "a place that the operation's answer does not have"),
  OAS007: code(EXIT.files, "a server that the OpenAPI document leaves open"),

  // Mapping files and records
  MAP010: code(EXIT.files, "a mapping file that cannot be read as YAML"),
  MAP011: code(EXIT.files, "an unknown word in a mapping file"),
  MAP012: code(EXIT.files, "an unknown field"),
  MAP013: code(EXIT.files, "a missing word in a mapping file"),
  MAP014: code(EXIT.files, "a value that does not fit in a mapping file"),
  MAP015: code(EXIT.files, "a mapping that no stream uses, or a stream without mapping"),
  MAP040: code(EXIT.files, "an expression cannot be parsed"),
  MAP041: code(EXIT.files, "an expression calls a function that does not exist"),
  MAP042: code(EXIT.files, "an expression calls a function that mappings may not use"),
  MAP043: code(EXIT.files, "an expression uses a variable nobody defines"),
  MAP044: code(EXIT.files, "a `let` is used above its definition"),
  MAP045: code(EXIT.files, "a `let` takes a name that already means something"),
  MAP046: code(EXIT.files, "a key that is the same for every record"),
  MAP047: code(EXIT.files, "an expression names a path that the API does not have"),
  MAP048: code(EXIT.files, "a list where one value is wanted"),
  MAP049: code(EXIT.files, "a required field whose value may be absent"),
  MAP050: code(EXIT.files, "a value of the API that the field cannot take"),
  MAP051: code(EXIT.files, "a name in `map` that the API does not have"),
  MAP052: code(EXIT.files, "a comparison with a value that the API does not have"),
  MAP053: code(EXIT.files, "a condition that is the same for every record"),
  MAP054: code(EXIT.files, "a condition that is neither true nor false"),
  MAP055: code(EXIT.files, "a text or number taken for true or false"),
  MAP056: code(EXIT.files, "a comparison of values that are never equal"),
  MAP057: code(EXIT.files, "an operation that fails on what it is given"),
  MAP058: code(EXIT.files, "a value of a kind that the field does not take"),
  MAP059: code(EXIT.files, "an expression that reads what the job ignores"),
  MAP060: code(EXIT.files, "a mapping that changes the key of records the mirror holds"),
  MAP061: code(EXIT.files, "a new key that does not tell records apart as the old one did"),
  MAP062: code(EXIT.files, "a password hash that is not taken over"),
  MAP063: code(EXIT.files, "a field that reads where the hash of the password stands"),
  MAP064: code(EXIT.files, "an expression of a login that reads what is never there"),
  MAP065: code(EXIT.files, "a field that names records which the job does not read"),

  // Kept records, and tests made of them
  KEP001: code(EXIT.usage, "no records to work with"),
  KEP002: code(EXIT.usage, "no such record, or not enough of it"),
  KEP003: code(EXIT.usage, "a made-up record that does not map as the real one does"),
  KEP004: code(EXIT.files, "tests that nothing can be added to"),

  // Drafting a source from an OpenAPI document
  INI001: code(EXIT.usage, "a name that no source can have"),
  INI002: code(EXIT.usage, "files that are there already"),
  INI003: code(EXIT.files, "a document in which the list of users cannot be told"),
  INI004: code(EXIT.usage, "an operation named by hand that does not fit"),
  INI005: code(EXIT.usage, "a document that is no local file"),
  INI006: code(EXIT.files, "a file that cannot be written"),

  // Signing in
  LOG001: code(EXIT.usage, "a source that nobody signs in at"),
  LOG002: code(EXIT.usage, "a credential that the source does not take"),
  LOG003: code(EXIT.usage, "a drill of a fallback that the source does not have"),
  LOG004: code(EXIT.files, "a pepper of passwords that cannot be kept"),
  LOG020: code(EXIT.usage, "a source without sign-in by browser"),
  LOG021: code(EXIT.usage, "an address that people may not be sent back to"),
  LOG022: code(EXIT.usage, "a sign-in by browser that is unknown or over"),

  // Upstream
  UPS001: code(EXIT.upstream, "the customer's system is out of reach", { retry: true }),
  UPS002: code(EXIT.upstream, "the customer's system did not answer in time", { retry: true }),
  UPS003: code(EXIT.upstream, "the customer's system is failing", { retry: true }),
  UPS004: code(EXIT.upstream, "the customer's system limits our requests", { retry: true }),
  UPS005: code(EXIT.upstream, "the customer's system refused our credentials"),
  UPS006: code(EXIT.upstream, "an address that may not be connected to"),
  UPS007: code(EXIT.upstream, "a TLS certificate that cannot be trusted"),
  UPS008: code(EXIT.upstream, "a redirect"),
  UPS009: code(EXIT.upstream, "a status that is no answer to the request"),
  UPS010: code(EXIT.upstream, "a request that cannot be made"),
  UPS011: code(EXIT.upstream, "an answer that is not whole, valid JSON", { retry: true }),
  UPS012: code(EXIT.upstream, "an answer over the limits"),
  UPS013: code(EXIT.upstream, "an answer not shaped as the job describes"),
  UPS014: code(EXIT.upstream, "paging that repeats itself or never ends"),
  UPS015: code(EXIT.upstream, "a next page at another origin"),
  UPS016: code(EXIT.upstream, "an answer that proves nothing about a record"),
  UPS017: code(EXIT.upstream, "a token endpoint that gives no usable token"),
  UPS020: code(EXIT.upstream, "asked for one person, the customer's system answered with another"),
  UPS021: code(EXIT.upstream, "the customer's system has no such person"),
  UPS022: code(EXIT.upstream, "a delta link that has expired", { retry: true }),

  // Notices
  NTF001: code(EXIT.usage, "nobody to be told"),

  // Runs
  RUN001: code(EXIT.busy, "the source is already running", { retry: true }),
  RUN002: code(EXIT.drift, "a saved plan no longer matches"),
  RUN003: code(EXIT.busy, "the fence was lost: another run took over the source"),
  RUN004: code(EXIT.interrupted, "interrupted"),
  RUN005: code(EXIT.upstream, "an enumeration that could not be proven complete", { retry: true }),
  RUN008: code(EXIT.upstream, "a rekey that did not read everything", { retry: true }),
  RUN007: code(EXIT.interrupted, "a run whose process died", { retry: true }),
  RUN010: code(EXIT.store, "the process in which expressions of a mapping run could not be started", { retry: true }),
  RUN020: code(EXIT.drift, "a run that cannot be undone whole: something of it changed since"),
  RUN021: code(EXIT.usage, "a run that cannot be undone"),
  RUN006: code(EXIT.upstream, "an entity most of whose records could not be mapped"),

  // What is kept for how long
  RET001: code(EXIT.store, "a clock that is not believed"),
  RET002: code(EXIT.busy, "another process takes away what is due", { retry: true }),

  // The API for applications
  API001: code(EXIT.usage, "a name that another key of the API has"),
  API002: code(EXIT.usage, "no such key of the API"),

  // Own database and queue
  DB001: code(EXIT.store, "the database is out of reach", { retry: true }),
  DB002: code(EXIT.store, "the database refused the login"),
  DB003: code(EXIT.store, "the database does not exist"),
  DB004: code(EXIT.store, "the connection to the database cannot be secured"),
  DB005: code(EXIT.store, "the database is too old"),
  DB006: code(EXIT.store, "the embedded database cannot be used"),
  DB007: code(EXIT.store, "the embedded data is of another PostgreSQL version"),
  DB008: code(EXIT.store, "the database and the migrations do not match"),
  DB009: code(EXIT.store, "a migration failed"),
  DB010: code(EXIT.store, "the database cannot be written to", { retry: true }),
  DB011: code(EXIT.files, "DATABASE_URL cannot be read"),
  DB012: code(EXIT.store, "a database role that may not do what is needed"),
  DB013: code(EXIT.store, "database roles that do not fit this build"),
  DB014: code(EXIT.store, "the schema of the database is not there", { retry: true }),
  DB020: code(EXIT.store, "the queue is out of reach", { retry: true }),
  DB021: code(EXIT.store, "the queue's Redis may throw jobs away"),
  DB022: code(EXIT.store, "the queue's tables are newer than this version"),
  DB023: code(EXIT.store, "the queue lost a job", { retry: true }),

  // Bugs
  BUG001: code(EXIT.bug, "a bug"),
} as const;

export type Code = keyof typeof CODES;
