import { Secret } from "../../../src/domain/secret";
import { createHasher } from "../../../src/passwords/create-hasher";
import { HashSeal } from "../../../src/passwords/hash-seal";
import { Pepper } from "../../../src/passwords/pepper";

const PEPPER = new Pepper("a pepper for hashes of this test alone");
const QUICK = { memoryCost: 8, timeCost: 1, parallelism: 1 };
/** bcrypt of cost 8, by another program: some hundredths of a second. */
const BROUGHT = "$2b$08$abcdefghijklmnopqrstuuTu2p/3h0zWmBdnydEyspCtOF6zU9KIC";
const ADA = { source: "acme", account: "7", key: "ada" };

const sealed = new HashSeal([PEPPER]).seal(ADA, new Secret(BROUGHT)).sealed;

function place(source = "acme", hasher = createHasher({ peppers: [PEPPER], cost: QUICK })) {
  const entered = hasher.enter(source);
  if (entered === null) throw new Error("full");
  return entered;
}

test("a brought hash is right for its password, and for the person it was sealed for", async () => {
  const { verify } = place();
  expect(await verify(sealed, { ...ADA, password: "brought along" })).toBe("right");
  expect(await verify(sealed, { ...ADA, password: "brought alone" })).toBe("wrong");
  expect(await verify(sealed, { ...ADA, key: "bob", password: "brought along" })).toBe("unreadable");
  expect(await verify(sealed, { ...ADA, source: "other", password: "brought along" })).toBe("unreadable");
  // A rekey seals it anew; the local id stays.
  expect(await verify(sealed, { ...ADA, account: "8", password: "brought along" })).toBe("right");
});

test("of what is sealed with a pepper that is not there nothing can be said", async () => {
  const other = createHasher({ peppers: [new Pepper("another pepper, which took its place")], cost: QUICK });
  expect(await place("acme", other).verify(sealed, { ...ADA, password: "brought along" })).toBe("unreadable");
});

test("where people have brought hashes everybody else waits as long, and elsewhere nobody does", async () => {
  const hasher = createHasher({ peppers: [PEPPER], cost: QUICK });
  const { verify, pretend, hash } = place("acme", hasher);
  const own = await hash({ ...ADA, password: "own" });
  const took = await timeOf(() => verify(sealed, { ...ADA, password: "a guess" }));
  // Of a brought hash's time the argon2id beside it is next to nothing here.
  const least = took / 2;
  expect(await timeOf(pretend)).toBeGreaterThan(least);
  expect(await timeOf(() => verify(own, { ...ADA, password: "a guess" }))).toBeGreaterThan(least);
  expect(await timeOf(() => verify(sealed, { ...ADA, key: "bob", password: "a guess" }))).toBeGreaterThan(least);
  expect(
    await Promise.race([
      place("other", hasher)
        .pretend()
        .then(() => "other"),
      pretend().then(() => "acme"),
    ]),
  ).toBe("other");
});

test("a source that takes long takes its own places, and of all of them half", () => {
  const hasher = createHasher({ peppers: [PEPPER], cost: QUICK });
  const enter = (source: string) => {
    const places = [];
    for (let one = hasher.enter(source); one !== null; one = hasher.enter(source)) places.push(one);
    return places;
  };
  const slow = enter("slow");
  expect(slow.length).toBeGreaterThanOrEqual(33);
  expect(enter("other")).toHaveLength(slow.length);
  expect(hasher.enter("third")).toBeNull();
  slow[0]?.leave();
  expect(enter("slow")).toHaveLength(1);
});

test("a brought hash waits for its turn once, as everybody else", async () => {
  const hasher = createHasher({ peppers: [PEPPER], cost: QUICK });
  const before = hasher.load().made;
  await place("acme", hasher).verify(sealed, { ...ADA, password: "brought along" });
  expect(hasher.load().made - before).toBe(1);
});

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
