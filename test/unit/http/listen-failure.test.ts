import { listenFailure } from "../../../src/http/listen-failure";

test.each([
  ["EINVAL", "that is not an address to listen at"],
  ["ENOTFOUND", "that name is not known"],
  ["EAI_AGAIN", "that name could not be looked up"],
  ["EMFILE", "the system answers EMFILE"],
])("the system answers %s", (code, why) => {
  const error = Object.assign(new Error(code), { code, syscall: "listen" });
  const failure = listenFailure(error, "::1", 80);
  expect(failure).toMatchObject({ code: "USE007", message: `cannot listen at [::1]:80: ${why}`, cause: error });
});

test.each([new TypeError("a bug"), "thrown", null, undefined])("%p is not about the address", (error) => {
  expect(listenFailure(error, "::1", 80)).toBe(error);
});
