import { listOf } from "../../../../src/config/draft/choose-operations";
import type { ListOperation } from "../../../../src/config/draft/drafted";
import { ApiDocument } from "../../../../src/config/openapi/api-document";
import { shapeOf } from "../../../../src/config/openapi/record-shape";
import type { JsonObject } from "../../../../src/domain/json";

export const TEXT = { type: "string" };
export const FLAG = { type: "boolean" };
export const NUMBER = { type: "integer" };

/** A document with one path: a list of records with these properties. */
export function apiWith(parts: {
  readonly path?: string;
  readonly id?: string;
  readonly answer?: JsonObject;
  readonly properties?: JsonObject;
  readonly parameters?: readonly JsonObject[];
  readonly headers?: JsonObject;
  readonly more?: JsonObject;
}): ApiDocument {
  const { path = "/users", id = "listUsers", properties = { id: TEXT, login: TEXT }, parameters = [] } = parts;
  const answer = parts.answer ?? { type: "array", items: { type: "object", properties } };
  return new ApiDocument({
    paths: {
      [path]: {
        get: {
          operationId: id,
          parameters,
          responses: {
            200: { headers: parts.headers ?? {}, content: { "application/json": { schema: answer } } },
          },
        },
      },
    },
    ...parts.more,
  });
}

/** The only list of a document. */
export function onlyList(document: ApiDocument): ListOperation {
  const [operation] = document.operations;
  const list = operation === undefined ? null : listOf(document, operation);
  if (list === null) throw new Error("the document has no list");
  return list;
}

export const query = (name: string, schema: JsonObject = TEXT): JsonObject => ({ name, in: "query", schema });

export const shapeWith = (properties: JsonObject, required: readonly string[] = []) =>
  shapeOf(new ApiDocument({}), { type: "object", properties, required });
