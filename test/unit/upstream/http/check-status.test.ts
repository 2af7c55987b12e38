import type { Failure } from "../../../../src/domain/errors";
import { Body } from "../../../../src/upstream/http/body";
import { checkStatus } from "../../../../src/upstream/http/check-status";
import { jobAt } from "../../../support/upstream-job";

const ASKED = { url: new URL("https://api.acme.example/v2/users?page=2"), shown: "https://api.acme.example/v2/users" };

function redirectedTo(location: string | undefined): string {
  const answer = { status: 302, headers: location === undefined ? {} : { location }, body: new Body([]) };
  try {
    checkStatus({ answer, tries: "", fix: null }, ASKED, jobAt("https://api.acme.example/v2"), "get");
  } catch (error) {
    return /redirect \(status 302\) to (.*), and redirects/.exec((error as Failure).message)?.[1] ?? "";
  }
  return "it passed";
}

test.each([
  ["/login?next=secret", "another path of its own"],
  ["users/", "another path of its own"],
  ["https://api.acme.example/login", "another path of its own"],
  ["//api.acme.example/login", "another path of its own"],
  ["//sign-in.example/login?token=secret", "https://sign-in.example"],
  ["//ann:secret@sign-in.example:8443/", "https://sign-in.example:8443"],
  ["http://api.acme.example/v2/users", "http://api.acme.example"],
  ["https://[half", "an address that cannot be read"],
  ["javascript:alert(1)", "an address that is not of HTTP"],
  [undefined, "nowhere"],
])("a redirect to %s is told as one to %s", (location, told) => {
  expect(redirectedTo(location)).toBe(told);
});
