/** The files that `init` writes, and those that it leaves alone. */
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SCIM } from "../support/api-documents";
import { ROOT } from "../support/documents";
import { withDraftHome } from "../support/draft-home";
import { makeTempDir } from "../support/temp-dir";

const { home, init, put, read } = withDraftHome();

describe("files", () => {
  test("are never overwritten, and all of them are named", async () => {
    await put(SCIM);
    await init();
    await writeFile(join(home.path, "mappings/acme/users.yaml"), "mine");
    await expect(init()).rejects.toMatchObject({
      code: "INI002",
      message:
        "`jobs/acme.yaml`, `mappings/acme/roles.yaml` and `mappings/acme/users.yaml` are there already, and nothing was written",
    });
    expect(await read("mappings/acme/users.yaml")).toBe("mine");
    await init({ force: true });
    expect(await read("mappings/acme/users.yaml")).toContain("into: users");
  });

  test("are only printed with --dry-run", async () => {
    await put(SCIM);
    const answer = await init({ dryRun: true });
    expect(answer).toMatchObject({ written: false, problems: [] });
    expect(answer.files.map(({ path }) => path)).toEqual([
      "jobs/acme.yaml",
      "mappings/acme/roles.yaml",
      "mappings/acme/users.yaml",
    ]);
    await expect(read("jobs/acme.yaml")).rejects.toThrow("ENOENT");
    await expect(read("schemas/job.schema.json")).rejects.toThrow("ENOENT");
  });

  test("say the same twice", async () => {
    await put(SCIM);
    const [first, second] = [await init({ dryRun: true }), await init({ dryRun: true })];
    expect(second).toEqual(first);
  });

  test("bring their schemas along, up to date, and leave a stranger's alone", async () => {
    await put(SCIM);
    await mkdir(join(home.path, "schemas"));
    await writeFile(join(home.path, "schemas/job.schema.json"), '{ "$id": "urn:understudy:schema:job", "old": true }');
    await writeFile(join(home.path, "schemas/mapping.schema.json"), "mine");
    await init();
    expect(await read("schemas/job.schema.json")).toBe(await readFile(join(ROOT, "schemas/job.schema.json"), "utf8"));
    expect(await read("schemas/mapping.schema.json")).toBe("mine");
  });

  test("refer to a document inside the folder, and take one from elsewhere along", async () => {
    const elsewhere = await makeTempDir("elsewhere");
    try {
      await writeFile(join(elsewhere.path, "scim.JSON"), JSON.stringify(SCIM));
      const answer = await init({ document: "scim.JSON", cwd: elsewhere.path });
      expect(answer.openapi).toBe("../specs/acme.json");
      expect(JSON.parse(await read("specs/acme.json"))).toEqual(SCIM);
      expect(answer.problems.filter(({ code }) => code !== "CFG008")).toEqual([]);
    } finally {
      await elsewhere.remove();
    }
  });

  test("refer to a document of several files where it is, and say so", async () => {
    const elsewhere = await makeTempDir("elsewhere");
    try {
      const { components, ...rest } = SCIM as { components: { schemas: Record<string, unknown> } };
      const schemas = { User: { $ref: "parts.json#/User" }, Group: { $ref: "parts.json#/Group" } };
      await writeFile(
        join(elsewhere.path, "scim.json"),
        JSON.stringify({ ...rest, components: { ...components, schemas } }),
      );
      await writeFile(join(elsewhere.path, "parts.json"), JSON.stringify(components.schemas));
      const answer = await init({ document: join(elsewhere.path, "scim.json") });
      expect(answer.openapi).toMatch(/^(\.\.\/)+.*scim\.json$/);
      expect(answer.remarks).toContainEqual(expect.objectContaining({ about: "openapi" }));
      expect(answer.problems.filter(({ code }) => code !== "CFG008")).toEqual([]);
    } finally {
      await elsewhere.remove();
    }
  });

  test("that cannot be written are told, not thrown", async () => {
    await put(SCIM);
    await writeFile(join(home.path, "jobs"), "a file");
    await expect(init()).rejects.toMatchObject({
      code: "INI006",
      message: "jobs/acme.yaml cannot be written: a file stands in its way",
    });
  });

  test("a link that leads nowhere counts as there", async () => {
    await put(SCIM);
    await mkdir(join(home.path, "jobs"));
    await symlink("/nowhere", join(home.path, "jobs/acme.yaml"));
    await expect(init()).rejects.toMatchObject({ code: "INI002" });
  });
});
