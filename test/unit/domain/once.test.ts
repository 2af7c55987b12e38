import { once, onceEach } from "../../../src/domain/once";

test("what failed to open is opened anew, and what is open is shared", async () => {
  let calls = 0;
  const open = once(async () => {
    calls += 1;
    if (calls === 1) throw new Error("not yet");
    return { calls };
  });
  await expect(open()).rejects.toThrow("not yet");
  expect(open.opened).toBeNull();
  const [first, second] = await Promise.all([open(), open()]);
  expect(first).toBe(second);
  expect(calls).toBe(2);
});

test("each is worked out once, and by itself", () => {
  const asked: string[] = [];
  const lengthOf = onceEach((text: string) => {
    asked.push(text);
    return { length: text.length };
  });
  expect(lengthOf("ab")).toBe(lengthOf("ab"));
  expect(lengthOf("abc")).toEqual({ length: 3 });
  expect(asked).toEqual(["ab", "abc"]);
});
