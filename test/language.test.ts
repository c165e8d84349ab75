import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type GraphQLSchema, isEnumType, isInputObjectType, isInterfaceType, isObjectType } from "graphql";
import { expect, test } from "vitest";
import { withArticle } from "../schema/framework/article.ts";
import { schema } from "../schema/index.ts";

const ROOT = join(import.meta.dirname, "..");

/** Private or old words that users of the API do not know. */
const FORBIDDEN = [
  "told",
  "untold",
  "whoever",
  "nobody",
  "somebody",
  "everybody",
  "lest",
  "whose",
  "of its own",
  "borne",
  "let in",
  "lets in",
  "there is none of",
  "no person is behind",
  "walk",
  "walks",
  "crowd",
  "ask again",
  "asked for",
  "as long as",
  "(?<!there )is no(?! longer)",
];

const DIALECT = new RegExp(`\\b(?:${FORBIDDEN.join("|")})\\b`, "i");

const forbiddenIn = (text: string) => DIALECT.exec(text)?.[0];

function descriptionsOf(graph: GraphQLSchema): string[] {
  return Object.values(graph.getTypeMap())
    .filter(({ name }) => !name.startsWith("__"))
    .flatMap((type) => [
      type,
      ...(isEnumType(type) ? type.getValues() : []),
      ...(isInputObjectType(type) ? Object.values(type.getFields()) : []),
      ...(isObjectType(type) || isInterfaceType(type)
        ? Object.values(type.getFields()).flatMap((field) => [field, ...field.args])
        : []),
    ])
    .map(({ description }) => description ?? "");
}

/** Sentences in string literals: text of more than one word, without comments and without what templates insert. */
function sentencesOf(source: string): string[] {
  const code = source.replaceAll(/^\s*(?:\/\*\*|\*|\/\/).*$/gm, "").replaceAll(/\s\/\/ .*$/gm, "");
  return (code.match(/"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g) ?? [])
    .map((literal) => literal.replaceAll(/\$\{[^}]*\}/g, "…"))
    .filter((literal) => /[a-z]+ [a-z]+/i.test(literal));
}

test("descriptions of the schema use no word that only this project knows", () => {
  const descriptions = descriptionsOf(schema);
  expect(descriptions.length).toBeGreaterThan(1_000);
  const faults = descriptions.map((text) => [forbiddenIn(text), text]).filter(([word]) => word !== undefined);
  expect(faults).toEqual([]);
});

test("errors, logs and command help use no word that only this project knows", () => {
  const sentences = globSync("{src,schema,client}/**/*.{ts,js}", { cwd: ROOT })
    .filter((path) => !path.startsWith("src/sandbox/") && !path.startsWith("schema/operations/"))
    .flatMap((path) => sentencesOf(readFileSync(join(ROOT, path), "utf8")).map((text) => ({ path, text })));
  expect(sentences.length).toBeGreaterThan(1_000);
  expect(sentences.filter(({ text }) => forbiddenIn(text) !== undefined)).toEqual([]);
});

/** Openings of a docstring that put its subject last. */
const OPENINGS = /^(?:What|Those|The same|Whether|Whoever|Of a)\b/;

/** Comments of a source file as single lines, with whether each is a docstring. */
function commentsOf(source: string): { readonly text: string; readonly isDocstring: boolean }[] {
  return [...source.matchAll(/\/\*\*?([\s\S]*?)\*\/|(?<=\s|^)\/\/([^\n]*)/gm)].map(
    ([raw, block, line = ""]) => ({
      text: (block ?? line).replaceAll(/\s*\n\s*\*\s?/g, " ").trim(),
      isDocstring: raw.startsWith("/**"),
    }),
  );
}

test("comments use no private words, and docstrings start with a verb or the noun they define", () => {
  const comments = globSync("{src,schema,client}/**/*.{ts,js}", { cwd: ROOT })
    .filter((path) => !path.startsWith("schema/operations/"))
    .flatMap((path) => commentsOf(readFileSync(join(ROOT, path), "utf8")).map((each) => ({ path, ...each })));
  expect(comments.length).toBeGreaterThan(1_500);
  const faults = comments.filter(
    ({ text, isDocstring }) => forbiddenIn(text) !== undefined || (isDocstring && OPENINGS.test(text)),
  );
  expect(faults).toEqual([]);
});

/** First arguments of `test`, `describe` and `it`, also behind a table or condition: `test.each(…)("…")`, `sweep(…)("…")`. */
const TEST_NAME =
  /(?:\b(?:test|describe|it)(?:\.\w+)?|\))\(\s*(?:"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`)/g;

/** Openings that name a subject by a clause about it, and forms of `asked` that stand for a request. */
const CLAUSES =
  /^(?:what|whatever|those|who)\b|\b(?:anything|nothing|what|whatever) (?:is|was) (?:\w+ )?asked\b/i;

test("names of tests use no private words, and do not open with a clause", () => {
  const names = globSync("test/**/*.ts", { cwd: ROOT }).flatMap((path) =>
    [...readFileSync(join(ROOT, path), "utf8").matchAll(TEST_NAME)].map(([, quoted, template = ""]) => ({
      path,
      name: quoted ?? template,
    })),
  );
  expect(names.length).toBeGreaterThan(2_000);
  expect(names.filter(({ name }) => forbiddenIn(name) !== undefined || CLAUSES.test(name))).toEqual([]);
});

test("types stand behind the article that they are spoken with", () => {
  const types = ["ApiKey", "Organization", "IdleSeat", "User", "UnitCost", "Usage", "Team"];
  expect(types.map((each) => withArticle(each, "A"))).toEqual([
    "An ApiKey",
    "An Organization",
    "An IdleSeat",
    "A User",
    "A UnitCost",
    "A Usage",
    "A Team",
  ]);
});
