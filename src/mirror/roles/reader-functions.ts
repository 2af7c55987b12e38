import { API_KEY_STATEMENTS } from "../api/api-key-store";
import { SESSION_STATEMENTS } from "../api/session-store";
import { SIGN_IN_CODE_STATEMENTS } from "../api/sign-in-code-store";
import { ATTEMPT_STATEMENTS } from "../login/attempt-store";
import { DIRECTORY_STATEMENTS } from "../login/directory";
import { JOURNAL_STATEMENTS } from "../login/journal-store";
import { functionOf, type ReaderStatement } from "../login/statement";
import { VERIFIER_STATEMENTS } from "../login/verifier-store";

const STATEMENTS: readonly ReaderStatement[] = [
  ...DIRECTORY_STATEMENTS,
  ...ATTEMPT_STATEMENTS,
  ...VERIFIER_STATEMENTS,
  ...JOURNAL_STATEMENTS,
  ...API_KEY_STATEMENTS,
  ...SESSION_STATEMENTS,
  ...SIGN_IN_CODE_STATEMENTS,
];

/** By these the login reader asks, by the owner's rights, what the login path asks elsewhere by itself: the very same statements. */
export const READER_FUNCTIONS: readonly string[] = STATEMENTS.map(
  (statement) => `
    create function ${functionOf(statement)}(${statement.takes})
      returns ${statement.gives === null ? "void" : `table (${statement.gives})`}
      language sql volatile security definer set search_path = pg_catalog, pg_temp
      as $statement$${statement.text}$statement$`,
);
