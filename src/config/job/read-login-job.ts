import { dirname, resolve } from "node:path";
import type { LoginJob } from "../../domain/job";
import { LOCAL_SOURCE } from "../../domain/login";
import type { ApiDocument } from "../openapi/api-document";
import { readApiDocument } from "../openapi/read-api-document";
import type { Variables } from "../variables";
import type { Entry } from "../yaml/entry";
import { readAuth, readUrl } from "./read-auth";
import { readLogin } from "./read-login";
import { readHttpPolicy } from "./read-policies";

/** Null when a job names none. */
type Api = ApiDocument | "unreadable" | null;

/** What a job file, whose shape has been checked, says of logins and of where they are asked about. */
export function readLoginJob(root: Entry, api: Api, variables: Variables): LoginJob {
  refuseReserved(root.get("source"));
  const source = root.get("source")?.text() ?? "";
  return {
    source,
    file: root.file.source.file,
    baseUrl: readBaseUrl(root, api, variables),
    auth: readAuth(root.get("auth"), variables),
    http: readHttpPolicy(root.get("http"), variables),
    login: readLogin(root.get("login"), variables, source),
    // Last, when all that names one was read.
    secretFiles: variables.files,
  };
}

/** @param jobPath absolute; the document is found from there */
export async function readDocument(entry: Entry | null, jobPath: string): Promise<Api> {
  if (entry === null) return null;
  const written = entry.text();
  if (written === null) return "unreadable";
  if (/^[a-z]+:\/\//i.test(written)) {
    const message = "`openapi` must be a local file: nothing is fetched to check files";
    entry.report({ message, hint: "keep a copy beside the job" });
    return "unreadable";
  }
  return (await readApiDocument(resolve(dirname(jobPath), written), entry)) ?? "unreadable";
}

function readBaseUrl(root: Entry, api: Api, variables: Variables): string {
  const entry = root.get("baseUrl");
  if (entry !== null) return readUrl(entry, variables);
  if (api === "unreadable") return "";
  if (api === null) {
    const message = "`baseUrl` is missing: nothing says where the API is";
    root.report({ code: "CFG004", message, hint: "e.g. `baseUrl: https://api.example.com/v1`", atKey: true });
    return "";
  }
  const server = api.server();
  if ("url" in server) return server.url;
  const message = `\`baseUrl\` is missing, and the OpenAPI document ${server.because}`;
  root.get("openapi")?.report({ code: "OAS007", message, hint: "write `baseUrl:`" });
  return "";
}

function refuseReserved(source: Entry | null): void {
  if (source?.text() === LOCAL_SOURCE)
    source.report({
      message: `\`${LOCAL_SOURCE}\` is where local administrators sign in`,
      hint: "choose another name",
    });
}
