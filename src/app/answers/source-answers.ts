import type { App } from "../../domain/app";
import { refuseLocal } from "../../domain/no-source";
import { maskPerson } from "../../domain/personal-data";
import type { Jobs } from "../jobs";
import type { Adapters } from "../open/adapters";
import { refuseUnknownEntity } from "./known-entity";
import type { Questions } from "./questions";

type SourceAnswers = Pick<App, "status" | "showSource" | "showPerson" | "rejects" | "retireSource">;

/** What the mirror holds of a source, and its end. */
export function createSourceAnswers(
  { stores }: Pick<Adapters, "stores">,
  jobs: Jobs,
  questions: Questions,
): SourceAnswers {
  return {
    status: questions.status,
    showSource: questions.showSource,
    async showPerson(source, key) {
      await jobs.refuseUnknown(source);
      return maskPerson(await (await stores()).identities.person(source, key), await jobs.personalIn(source));
    },
    async rejects(filter) {
      await jobs.refuseUnknown(filter.source);
      refuseLocal(filter.source);
      const answer = await (await stores()).rejects.list(filter);
      // What is remembered of an entity that the job no longer has is shown; a mistyped name must not pass for an
      // entity without rejects.
      const job = filter.entity === null || answer.total > 0 ? null : await jobs.find(filter.source);
      if (filter.entity !== null && job !== null) refuseUnknownEntity(job, filter.entity);
      return answer;
    },
    async retireSource({ source, expect, trigger }) {
      await jobs.refuseUnknown(source);
      // No job could bring it back.
      refuseLocal(source);
      const file = (await jobs.names()).includes(source) ? `jobs/${source}.yaml` : null;
      return (await stores()).retire.retire({ source, file, expect, trigger });
    },
  };
}
