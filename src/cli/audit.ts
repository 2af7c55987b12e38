import { addAuditDiff } from "./audit-diff";
import { addAuditExport } from "./audit-export";
import { addAuditUser } from "./audit-user";
import { addAuditVerify } from "./audit-verify";
import { addAuditWho } from "./audit-who";
import { type AddCommand, examples } from "./command";

export const addAudit: AddCommand = (program, perform) => {
  const audit = program
    .command("audit")
    .summary("who had what, who changed it, and why")
    .description("Every change of the mirror, with its cause, its run and who started it.")
    .addHelpText(
      "before",
      examples(
        "understudy audit who admin --source acme --at 2026-11-01",
        "understudy audit user acme/8812",
        "understudy audit diff --source acme --from 2026-11-01",
        "understudy audit export --since 2026-11-01 -o jsonl",
      ),
    );
  addAuditWho(audit, perform);
  addAuditUser(audit, perform);
  addAuditDiff(audit, perform);
  addAuditExport(audit, perform);
  addAuditVerify(audit, perform);
};
