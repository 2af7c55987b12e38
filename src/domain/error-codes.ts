/**
 * The closed union of failures. `exit` is the command's exit code, `retry` whether the same
 * attempt may succeed later without anybody changing anything.
 */
const code = (exit: number, retry: boolean, title: string) => ({ exit, retry, title }) as const;

export const CODES = {
  // Usage of the command line
  USE001: code(2, false, "a word or flag the command does not know"),
  USE002: code(2, false, "no such source"),
  USE003: code(2, false, "no such run, plan, hold or person"),
  USE004: code(2, false, "a decision that does not fit what is there"),
  USE005: code(2, false, "a source that answers no questions yet"),
  USE007: code(2, false, "an address that cannot be listened at"),
  USE008: code(2, false, "a file named on the command line that cannot be read"),

  // Files and environment
  CFG001: code(3, false, "invalid files"),
  CFG002: code(3, false, "a job file that cannot be read as YAML"),
  CFG003: code(3, false, "an unknown word in a job file"),
  CFG004: code(3, false, "a missing word in a job file"),
  CFG005: code(3, false, "a value that does not fit in a job file"),
  CFG006: code(3, false, "a word that is planned, not yet supported"),
  CFG007: code(3, false, "a secret written into a file"),
  CFG008: code(3, false, "a variable or secret file that cannot be read"),
  CFG009: code(3, false, "an unknown template"),
  CFG010: code(3, false, "files that do not fit together"),
  CFG011: code(3, false, "a choice left open that decides about removals"),
  CFG012: code(3, false, "an environment variable that does not fit"),
  CFG013: code(3, false, "a list that is never asked for in full again"),
  OAS001: code(3, false, "an OpenAPI document that cannot be read"),
  OAS002: code(3, false, "a version of OpenAPI that is not supported"),
  OAS003: code(3, false, "an operation or path that the OpenAPI document does not have"),
  OAS004: code(3, false, "a query parameter that the operation does not have or that it misses"),
  OAS005: code(3, false, "a path parameter that nothing fills"),
  OAS006: code(3, false, "a place that the operation's answer does not have"),
  OAS007: code(3, false, "a server that the OpenAPI document leaves open"),

  // Mapping files and records
  MAP010: code(3, false, "a mapping file that cannot be read as YAML"),
  MAP011: code(3, false, "an unknown word in a mapping file"),
  MAP012: code(3, false, "an unknown field"),
  MAP013: code(3, false, "a missing word in a mapping file"),
  MAP014: code(3, false, "a value that does not fit in a mapping file"),
  MAP015: code(3, false, "a mapping that no stream uses, or a stream without mapping"),
  MAP040: code(3, false, "an expression cannot be parsed"),
  MAP041: code(3, false, "an expression calls a function that does not exist"),
  MAP042: code(3, false, "an expression calls a function that mappings may not use"),
  MAP043: code(3, false, "an expression uses a variable nobody defines"),
  MAP044: code(3, false, "a `let` is used above its definition"),
  MAP045: code(3, false, "a `let` takes a name that already means something"),
  MAP046: code(3, false, "a key that is the same for every record"),
  MAP047: code(3, false, "an expression names a path that the API does not have"),
  MAP048: code(3, false, "a list where one value is wanted"),
  MAP049: code(3, false, "a required field whose value may be absent"),
  MAP050: code(3, false, "a value of the API that the field cannot take"),
  MAP051: code(3, false, "a name in `map` that the API does not have"),
  MAP052: code(3, false, "a comparison with a value that the API does not have"),
  MAP053: code(3, false, "a condition that is the same for every record"),
  MAP054: code(3, false, "a condition that is neither true nor false"),
  MAP055: code(3, false, "a text or number taken for true or false"),
  MAP056: code(3, false, "a comparison of values that are never equal"),
  MAP057: code(3, false, "an operation that fails on what it is given"),
  MAP058: code(3, false, "a value of a kind that the field does not take"),
  MAP059: code(3, false, "an expression that reads what the job ignores"),
  MAP060: code(3, false, "a mapping that changes the key of records the mirror holds"),
  MAP061: code(3, false, "a new key that does not tell records apart as the old one did"),
  MAP062: code(3, false, "a password hash that is not taken over"),
  MAP063: code(3, false, "a field that reads where the hash of the password stands"),
  MAP064: code(3, false, "an expression of a login that reads what is never there"),
  MAP065: code(3, false, "a field that names records which the job does not read"),

  // Kept records, and tests made of them
  KEP001: code(2, false, "no records to work with"),
  KEP002: code(2, false, "no such record"),
  KEP003: code(2, false, "a made-up record that does not map as the real one does"),
  KEP004: code(3, false, "tests that nothing can be added to"),

  // Drafting a source from an OpenAPI document
  INI001: code(2, false, "a name that no source can have"),
  INI002: code(2, false, "files that are there already"),
  INI003: code(3, false, "a document in which the list of users cannot be told"),
  INI004: code(2, false, "an operation named by hand that does not fit"),
  INI005: code(2, false, "a document that is no local file"),
  INI006: code(3, false, "a file that cannot be written"),

  // Signing in
  LOG001: code(2, false, "a source that nobody signs in at"),
  LOG002: code(2, false, "a credential that the source does not take"),
  LOG003: code(2, false, "a drill of a fallback that the source does not have"),
  LOG004: code(3, false, "a pepper of passwords that cannot be kept"),
  LOG020: code(2, false, "a source without sign-in by browser"),
  LOG021: code(2, false, "an address that people may not be sent back to"),
  LOG022: code(2, false, "a sign-in by browser that is unknown or over"),

  // Upstream
  UPS001: code(4, true, "the customer's system is out of reach"),
  UPS002: code(4, true, "the customer's system did not answer in time"),
  UPS003: code(4, true, "the customer's system is failing"),
  UPS004: code(4, true, "the customer's system limits our requests"),
  UPS005: code(4, false, "the customer's system refused our credentials"),
  UPS006: code(4, false, "an address that may not be connected to"),
  UPS007: code(4, false, "a TLS certificate that cannot be trusted"),
  UPS008: code(4, false, "a redirect"),
  UPS009: code(4, false, "a status that is no answer to the request"),
  UPS010: code(4, false, "a request that cannot be made"),
  UPS011: code(4, true, "an answer that is not whole, valid JSON"),
  UPS012: code(4, false, "an answer over the limits"),
  UPS013: code(4, false, "an answer not shaped as the job describes"),
  UPS014: code(4, false, "paging that repeats itself or never ends"),
  UPS015: code(4, false, "a next page at another origin"),
  UPS016: code(4, false, "an answer that proves nothing about a record"),
  UPS017: code(4, false, "a token endpoint that gives no usable token"),
  UPS020: code(4, false, "asked for one person, the customer's system answered with another"),
  UPS021: code(4, false, "the customer's system has no such person"),
  UPS022: code(4, true, "a delta link that has expired"),

  // Notices
  NTF001: code(2, false, "nobody to be told"),

  // Runs
  RUN001: code(7, true, "the source is already running"),
  RUN002: code(9, false, "a saved plan no longer matches"),
  RUN003: code(7, false, "the fence was lost: another run took over the source"),
  RUN004: code(130, false, "interrupted"),
  RUN005: code(4, true, "an enumeration that could not be proven complete"),
  RUN008: code(4, true, "a rekey that did not read everything"),
  RUN007: code(130, true, "a run whose process died"),
  RUN010: code(8, true, "the process in which expressions of a mapping run could not be started"),
  RUN020: code(9, false, "a run that cannot be undone whole: something of it changed since"),
  RUN021: code(2, false, "a run that cannot be undone"),
  RUN006: code(4, false, "an entity most of whose records could not be mapped"),

  // What is kept for how long
  RET001: code(8, false, "a clock that is not believed"),
  RET002: code(7, true, "another process takes away what is due"),

  // The API for applications
  API001: code(2, false, "a name that another key of the API has"),
  API002: code(2, false, "no such key of the API"),

  // Own database and queue
  DB001: code(8, true, "the database is out of reach"),
  DB002: code(8, false, "the database refused the login"),
  DB003: code(8, false, "the database does not exist"),
  DB004: code(8, false, "the connection to the database cannot be secured"),
  DB005: code(8, false, "the database is too old"),
  DB006: code(8, false, "the embedded database cannot be used"),
  DB007: code(8, false, "the embedded data is of another PostgreSQL version"),
  DB008: code(8, false, "the database and the migrations do not match"),
  DB009: code(8, false, "a migration failed"),
  DB010: code(8, true, "the database cannot be written to"),
  DB011: code(3, false, "DATABASE_URL cannot be read"),
  DB012: code(8, false, "a database role that may not do what is needed"),
  DB013: code(8, false, "database roles that do not fit this build"),
  DB020: code(8, true, "the queue is out of reach"),
  DB021: code(8, false, "the queue's Redis may throw jobs away"),
  DB022: code(8, false, "the queue's tables are newer than this version"),
  DB023: code(8, true, "the queue lost a job"),

  // Bugs
  BUG001: code(1, false, "a bug"),
} as const;

export type Code = keyof typeof CODES;
