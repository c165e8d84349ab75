import { globSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..");

/** Import from your right, never from your left. */
const ORDER = [
  "src/main.ts",
  "src/cli",
  "src/app.ts",
  "src/alerts",
  "src/server",
  "src/execution",
  "schema",
  "src/planning",
  "src/analytics",
  "src/loaders",
  "src/upstream",
  "src/cache",
  "src/directory",
  "src/domain",
];
/** For everyone. */
const COMMON = ["src/errors.ts", "src/context.ts"];

interface Import {
  readonly from: string;
  readonly to: string;
}

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(folder, name));
}

const imports: Import[] = [...sources("src"), ...sources("schema")].flatMap((from) =>
  [...readFileSync(join(ROOT, from), "utf8").matchAll(/(?:from|import) "(\.[^"]+)"/g)].map(([, path]) => ({
    from,
    to: relative(ROOT, join(ROOT, dirname(from), path ?? "")),
  })),
);

function place(file: string): number {
  return ORDER.findIndex((each) => file === each || file.startsWith(`${each}/`));
}

test("imports point one way", () => {
  const backwards = imports.filter(({ from, to }) => {
    const [importer, imported] = [place(from), place(to)];
    return importer >= 0 && imported >= 0 && importer > imported && !COMMON.includes(to);
  });
  expect(backwards).toEqual([]);
  expect(imports.length).toBeGreaterThan(300);
});

test("the framework of the schema imports no noun", () => {
  const ofFramework = imports.filter(({ from }) => from.startsWith("schema/framework/"));
  const nouns = ofFramework.filter(
    ({ to }) => to.startsWith("schema/") && !to.startsWith("schema/framework/"),
  );
  expect(nouns).toEqual([]);
  expect(ofFramework.length).toBeGreaterThan(20);
});

test("every export of a file is used in another file", () => {
  const files = ["src", "schema", "client", "test", "bench", "examples"].flatMap(sources);
  const texts = [...files, ...globSync("*.{ts,js}", { cwd: ROOT })].map((file) => ({
    file,
    names: new Set(readFileSync(join(ROOT, file), "utf8").match(/[\w$]+/g)),
  }));
  const unused = texts
    .filter(({ file }) => file !== "schema/operations/documents.ts")
    .flatMap(({ file }) =>
      [
        ...readFileSync(join(ROOT, file), "utf8").matchAll(
          /^export (?:async )?(?:const|function\*?|class) ([\w$]+)/gm,
        ),
      ].map(([, name = ""]) => ({ file, name })),
    )
    .filter(({ file, name }) => !texts.some((other) => other.file !== file && other.names.has(name)));
  expect(unused).toEqual([]);
});

test("no file imports itself through others, not even a type", () => {
  const importedBy = Map.groupBy(imports, ({ from }) => from);
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
    (importedBy.get(from) ?? []).some((each) => {
      if (each.to === to) return true;
      if (seen.has(each.to)) return false;
      seen.add(each.to);
      return reaches(each.to, to, seen);
    });
  const files = [...sources("src"), ...sources("schema")];
  expect(files.filter((file) => reaches(file, file))).toEqual([]);
  expect(files.length).toBeGreaterThan(200);
});

test("the sandbox knows the domain and itself, and nothing inside knows the sandbox", () => {
  const crossing = imports.filter(({ from, to }) => {
    const inside = from.startsWith("src/sandbox/");
    if (inside) return !to.startsWith("src/sandbox/") && !to.startsWith("src/domain/");
    return to.startsWith("src/sandbox/") && !from.startsWith("src/cli/");
  });
  expect(crossing).toEqual([]);
});

/** What a page must do exactly as the gateway does: add amounts, keep a spreadsheet from running a text, know the days of a period, and draw what it is given. */
const SHARED_WITH_PAGES = [
  "schema/operations/documents.ts",
  "src/domain/decimal.ts",
  "src/domain/comparison.ts",
  "src/domain/csv.ts",
  "src/domain/day.ts",
  "src/domain/period.ts",
  "src/domain/picture.ts",
];

test("the pages know themselves and what they share with the gateway, and nothing else knows the pages", () => {
  const isPage = (file: string) => file.startsWith("src/web/");
  const foreign = imports.filter(({ from, to }) => isPage(from) !== isPage(to));
  expect(foreign.filter(({ to }) => !SHARED_WITH_PAGES.includes(to))).toEqual([]);
  const values = sources("src/web").filter((file) =>
    /^import (?!type\b)[^;]*operations\/documents/m.test(readFileSync(join(ROOT, file), "utf8")),
  );
  expect(values).toEqual([]);
});

test("the client imports graphql, the documents and itself", () => {
  const foreign = sources("client").flatMap((file) =>
    [...readFileSync(join(ROOT, file), "utf8").matchAll(/(?:from|import) "([^"]+)"/g)]
      .map(([, path = ""]) => path)
      .filter((path) => !/^(?:graphql$|\.\/)/.test(path) && path !== "../schema/operations/documents.ts"),
  );
  expect(foreign).toEqual([]);
});

test("snake_case names of the wire appear only where endpoints are read", () => {
  const named = [...sources("src"), ...sources("schema")]
    .filter((file) => !file.startsWith("src/sandbox/") && !file.startsWith("src/upstream/endpoints/"))
    .filter((file) => !file.endsWith("documents.ts"))
    .filter((file) =>
      /"(starting_at|starting_date|user_ids\[\]|group_by\[\]|message_count|actor)"/.test(
        readFileSync(join(ROOT, file), "utf8"),
      ),
    );
  expect(named).toEqual([]);
});

test("no name is exported by two files", () => {
  const names = [...sources("src"), ...sources("schema")]
    .filter((path) => !path.startsWith("src/sandbox/") && !path.startsWith("schema/operations/"))
    .flatMap((path) =>
      // Overloads of one function repeat its name within a file.
      [
        ...new Set(
          [
            ...readFileSync(join(ROOT, path), "utf8").matchAll(
              /^export (?:async )?(?:const|function\*?|class|interface|type) (\w+)/gm,
            ),
          ].map(([, name = ""]) => name),
        ),
      ],
    );
  const shared = new Set(names.filter((name, i) => names.indexOf(name) < i));
  expect([...shared]).toEqual([]);
  expect(names.length).toBeGreaterThan(1_000);
});
