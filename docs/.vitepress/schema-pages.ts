import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import {
  buildSchema,
  type GraphQLArgument,
  type GraphQLEnumValue,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  isUnionType,
  print,
} from "graphql";

const schema = buildSchema(readFileSync(new URL("../../schema/schema.graphql", import.meta.url), "utf8"));

const TYPES = Object.values(schema.getTypeMap())
  .filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type))
  .toSorted((a, b) => (a.name < b.name ? -1 : 1));

const KINDS = {
  Objects: isObjectType,
  Interfaces: (type: GraphQLNamedType) => isInterfaceType(type) || isUnionType(type),
  Inputs: isInputObjectType,
  Enums: isEnumType,
  Scalars: isScalarType,
};

/**
 * Writes a page for each type: its description, its fields with their arguments, its values, and what has the type.
 *
 * As files, since the search of the site reads files alone.
 */
function writePages(): void {
  const folder = new URL("../schema/", import.meta.url);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  writeFileSync(new URL("index.md", folder), index());
  const uses = usesOfTypes();
  for (const type of TYPES) {
    const parts = [
      `# ${type.name}`,
      text(type.description),
      ...membersOf(type),
      ...usedBy(uses.get(type.name)),
    ];
    writeFileSync(
      new URL(`${type.name}.md`, folder),
      `${parts.filter((part) => part !== "").join("\n\n")}\n`,
    );
  }
}

/** All types by kind. A connection and its edge are found from the field that has them. */
function index(): string {
  const named = TYPES.filter(({ name }) => !/(Connection|Edge)$/.test(name));
  const kinds = Object.entries(KINDS).map(([title, isOfKind]) => {
    const rows = named
      .filter(isOfKind)
      .map(({ name, description }) => `| ${link(name)} | ${cell(firstSentence(description ?? ""))} |`);
    return [`## ${title}`, "", "| Type | Meaning |", "| --- | --- |", ...rows].join("\n");
  });
  return `${["# Schema", `Questions start at ${link("Query")}.`, ...kinds].join("\n\n")}\n`;
}

const firstSentence = (description: string) => /^[\s\S]*?[.:](?=\s|$)/.exec(description)?.[0] ?? description;

function membersOf(type: GraphQLNamedType): readonly string[] {
  if (isEnumType(type)) return ["## Values", ...type.getValues().map(member)];
  if (isInputObjectType(type)) {
    const rule = type.isOneOf ? ["Exactly one of the fields is set (`@oneOf`)."] : [];
    return [...rule, "## Fields", ...Object.values(type.getFields()).map(member)];
  }
  if (isUnionType(type)) return ["## Types", list(type.getTypes().map(({ name }) => link(name)))];
  if (isScalarType(type)) return [];
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  const interfaces = type.getInterfaces().map(({ name }) => link(name));
  const implementations = isInterfaceType(type)
    ? ["## Implementations", list(schema.getPossibleTypes(type).map(({ name }) => link(name)))]
    : [];
  return [
    ...(interfaces.length > 0 ? [`Implements ${interfaces.join(", ")}.`] : []),
    "## Fields",
    ...Object.values(type.getFields()).map(member),
    ...implementations,
  ];
}

/** The heading, type, description and arguments of a field, input field or value. */
function member(each: GraphQLField<unknown, unknown> | GraphQLInputField | GraphQLEnumValue): string {
  const type = "type" in each ? [typed(each)] : [];
  const args = "args" in each ? each.args : [];
  const deprecated =
    each.deprecationReason == null ? [] : [`**Deprecated.** ${text(each.deprecationReason)}`];
  return [`### ${each.name}`, ...type, ...deprecated, text(each.description), argumentsTable(args)].join(
    "\n\n",
  );
}

function argumentsTable(args: readonly GraphQLArgument[]): string {
  if (args.length === 0) return "";
  const rows = args.map((arg) => `| \`${arg.name}\` | ${typed(arg)} | ${cell(arg.description)} |`);
  return ["| Argument | Type | Meaning |", "| --- | --- | --- |", ...rows].join("\n");
}

type Typed = GraphQLField<unknown, unknown> | GraphQLInputField | GraphQLArgument;

/** The type of a field or argument with a link to its page, and its default. */
function typed(each: Typed): string {
  const { name } = getNamedType(each.type);
  const [before = "", after = ""] = String(each.type).split(name);
  const written = `${escaped(before)}${TYPES.some((type) => type.name === name) ? link(name) : name}${escaped(after)}`;
  const byDefault = each.astNode != null && "defaultValue" in each.astNode ? each.astNode.defaultValue : null;
  return byDefault == null ? written : `${written} = \`${print(byDefault)}\``;
}

/** Where values of each type come from or go to, as links. */
function usesOfTypes(): ReadonlyMap<string, readonly string[]> {
  const uses = new Map<string, string[]>();
  const add = (type: GraphQLType, at: string) => {
    const { name } = getNamedType(type);
    const known = uses.get(name) ?? [];
    uses.set(name, known.includes(at) ? known : [...known, at]);
  };
  for (const owner of TYPES) {
    if (isInputObjectType(owner))
      for (const field of Object.values(owner.getFields()))
        add(field.type, memberLink(owner.name, field.name));
    if (isObjectType(owner) || isInterfaceType(owner))
      for (const field of Object.values(owner.getFields())) {
        add(field.type, memberLink(owner.name, field.name));
        for (const arg of field.args) add(arg.type, memberLink(owner.name, field.name));
      }
  }
  return uses;
}

const usedBy = (uses: readonly string[] = []) => (uses.length === 0 ? [] : ["## Used by", list(uses)]);
const memberLink = (owner: string, field: string) => `[${owner}.${field}](./${owner}#${field.toLowerCase()})`;
const link = (name: string) => `[${name}](./${name})`;
const list = (items: readonly string[]) => items.map((each) => `- ${each}`).join("\n");

/** Markdown of a description; brackets and braces outside code are text, not links, tags or templates. */
function text(description: string | null | undefined): string {
  return (description ?? "")
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith("`") ? part : escaped(part)))
    .join("");
}

const cell = (description: string | null | undefined) =>
  text(description).replaceAll("|", "\\|").replaceAll("\n", " ");

const escaped = (part: string) => part.replaceAll(/[<>{}[\]*]/g, (each) => `&#${each.charCodeAt(0)};`);

if (import.meta.main) writePages();
