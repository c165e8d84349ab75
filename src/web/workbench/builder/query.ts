import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  getNamedType,
  getNullableType,
  isListType,
  isObjectType,
  isRequiredArgument,
  isScalarType,
  isUnionType,
} from "graphql";
import { isPaged } from "../answer-types.ts";
import { type BuildChoice, chosenMeasures, comparedFigure, isSeries, orderOfChoice } from "./choice.ts";
import type { GatewayFacts } from "./datasets.ts";
import { type BuildMeasure, type BuildSubject, isAlwaysThere, partsOf } from "./subjects.ts";

type Field = GraphQLField<unknown, unknown>;

/** Fields of a selection, each with its own; a fragment has its type condition as its name. */
type Selected = Map<string, Selected>;

/** Rows of one page: as many as the gateway gives unless its operator has set another limit. */
const MOST_ROWS = 1_000;

/** The query of a choice. It names no argument that has its default. */
export function queryOf(subject: BuildSubject, choice: BuildChoice, facts: GatewayFacts): string {
  const rows: Selected = new Map();
  for (const path of namingPaths(subject, choice, facts)) select(rows, path);
  for (const measure of chosenMeasures(subject, choice)) {
    selectParts(rows, measure, facts);
    select(
      rows,
      measure.fields.map(({ name }) => name),
    );
  }
  selectComparison(rows, subject, choice, facts);
  const state = Object.values(subject.row.getFields()).find(
    ({ type }) => getNamedType(type).name === "Finality",
  );
  if (state !== undefined && isSeries(subject, choice)) select(rows, [state.name]);
  const answer: Selected = new Map();
  const field = subject.path.at(-1);
  const toRows = subject.toRows[0];
  if (toRows === undefined) for (const [name, inner] of rows) answer.set(name, inner);
  else answer.set(toRows.name, rows);
  if (field !== undefined && isPaged(getNamedType(field.type))) select(answer, ["pageInfo", "hasNextPage"]);
  const lines = [`query ${operationName(subject, choice)} {`];
  let indent = "  ";
  for (const each of subject.path.slice(0, -1)) {
    lines.push(`${indent}${each.name} {`);
    indent += "  ";
  }
  lines.push(...callLines(field?.name ?? "", argumentsOf(subject, choice, facts), indent));
  lines.push(...linesOf(answer, `${indent}  `));
  for (; indent !== ""; indent = indent.slice(2)) lines.push(`${indent}}`);
  return `${[...lines, "}"].join("\n")}\n`;
}

/** Lines that an editor of half a page shows whole. */
const WIDEST = 60;

function callLines(name: string, args: readonly string[], indent: string): readonly string[] {
  const short = `${indent}${name}(${args.join(", ")}) {`;
  return short.length <= WIDEST
    ? [short]
    : [`${indent}${name}(`, ...args.map((each) => `${indent}  ${each}`), `${indent}) {`];
}

function argumentsOf(subject: BuildSubject, choice: BuildChoice, facts: GatewayFacts): readonly string[] {
  const defaultOrganization = facts.organizations[0] ?? null;
  const { range, bucket, groupBy, filter, orderBy, top, first, organization } = subject.arguments;
  const stated = [`${range.name}: ${rangeText(choice)}`];
  if (organization !== null && choice.organization !== null && choice.organization !== defaultOrganization)
    stated.push(`${organization.name}: ${JSON.stringify(choice.organization)}`);
  if (bucket !== null && choice.bucket !== null && choice.bucket !== bucket.defaultValue)
    stated.push(`${bucket.name}: ${choice.bucket}`);
  if (groupBy !== null && choice.dimensions.length > 0)
    stated.push(`${groupBy.name}: [${choice.dimensions.join(", ")}]`);
  if (filter !== null && choice.filter !== null && choice.filter.values.length > 0)
    stated.push(
      `${filter.name}: { ${choice.filter.list}: [${choice.filter.values.map((each) => JSON.stringify(each)).join(", ")}] }`,
    );
  const { comparison } = subject;
  if (comparison !== null && choice.compare !== null && !comparison.field.args.includes(comparison.argument))
    stated.push(`${comparison.argument.name}: ${choice.compare}`);
  if (isSeries(subject, choice)) {
    if (top !== null && choice.top !== null && choice.dimensions.length > 0)
      stated.push(`${top.name}: ${choice.top}`);
    if (first !== null) stated.push(`${first.name}: ${MOST_ROWS}`);
    return stated;
  }
  const order = orderOfChoice(subject, choice, facts);
  if (orderBy !== null && order !== null) stated.push(`${orderBy.name}: { field: ${order} }`);
  const rows = choice.top ?? MOST_ROWS;
  if (first !== null && rows !== first.defaultValue) stated.push(`${first.name}: ${rows}`);
  return stated;
}

function rangeText({ range }: BuildChoice): string {
  if ("period" in range) return `{ period: ${range.period} }`;
  const { from, until } = range.between;
  return `{ between: { from: "${from}", until: "${until}" } }`;
}

/** Paths to the fields that say which row it is. */
function namingPaths(
  subject: BuildSubject,
  choice: BuildChoice,
  facts: GatewayFacts,
): readonly (readonly string[])[] {
  const { row } = subject;
  const isReport = subject.arguments.bucket !== null && "from" in row.getFields();
  const dimensions = choice.dimensions.flatMap((dimension) => dimensionPaths(subject, dimension, facts));
  if (!isReport) return [...ownNames(row, facts), ...dimensions];
  const isInTime = isSeries(subject, choice);
  const standIns = choice.dimensions.length === 0 ? [] : ["isOther", "isRemainder"];
  const shown = standIns.filter(
    (name) => name in row.getFields() && (name !== "isOther" || (isInTime && choice.top !== null)),
  );
  return [...(isInTime ? [["from"]] : []), ...dimensions, ...shown.map((name) => [name])];
}

function names(fields: readonly Field[]): readonly (readonly string[])[] {
  return fields.map(({ name }) => [name]);
}

/** The fields of a row that have a value only where rows are grouped by a dimension: its name, and a flag where it has none. */
function dimensionPaths(
  { row }: BuildSubject,
  dimension: string,
  facts: GatewayFacts,
): readonly (readonly string[])[] {
  const own = Object.values(row.getFields()).filter((field) =>
    dimensionsOf(row, field, facts).includes(dimension),
  );
  const texts = own.filter(({ type }) => getNamedType(type).name === "String");
  const flags = own.filter(({ type }) => getNamedType(type).name === "Boolean");
  const prefix = dimension.toLowerCase().replaceAll("_", "");
  const named = texts.filter(({ name }) => name.toLowerCase().startsWith(prefix));
  const shown = named.length > 0 ? named : texts;
  if (shown.some(({ name }) => !isIdName(name))) return names([...shown.toSorted(namesFirst), ...flags]);
  const parts = own.filter(({ type }) => !isScalarType(getNamedType(type)) && !isLeafList({ type }));
  return [...parts.flatMap((part) => partPaths(part)), ...names([...shown, ...flags])];
}

/** The dimensions that rows have to be grouped by for a field to have a value. */
function dimensionsOf(row: GraphQLObjectType, { name }: Field, facts: GatewayFacts): readonly string[] {
  return facts.conditionsOf([`${row.name}.${name}`]).flatMap(({ groupedBy }) => groupedBy ?? []);
}

function isLeafList({ type }: Pick<Field, "type">): boolean {
  return isListType(getNullableType(type));
}

function isIdName(name: string): boolean {
  return /Id$/.test(name);
}

/** Names are shown before ids: the first of them is what a chart calls the row. */
function namesFirst(a: Field, b: Field): number {
  return Number(isIdName(a.name)) - Number(isIdName(b.name));
}

/** The paths that name an identity: its name or address, or else its id. */
function partPaths(part: Field): readonly (readonly string[])[] {
  const type = getNamedType(part.type);
  if (isUnionType(type))
    return type
      .getTypes()
      .flatMap((each) => namesOfIdentity(each).map((path) => [part.name, `... on ${each.name}`, ...path]));
  return isObjectType(type) ? namesOfIdentity(type).map((path) => [part.name, ...path]) : [];
}

const HUMAN_NAME = /(^n|N)ame$|^email$/;

function namesOfIdentity(type: GraphQLNamedType): readonly (readonly string[])[] {
  if (!isObjectType(type)) return [];
  const texts = Object.values(type.getFields()).filter(
    (field) => getNamedType(field.type).name === "String" && !isLeafList(field),
  );
  const own = texts.filter(({ name }) => name.toLowerCase() === `${type.name.toLowerCase()}id`);
  const named = texts.filter(({ name }) => HUMAN_NAME.test(name));
  const address = named.filter(({ name }) => name === "email");
  const shown = [...(address.length > 0 ? address : named), ...own];
  return names(shown.length > 0 ? shown : texts);
}

/** Paths to the names of a row without dimensions: its day, its name or address, and every text that it always has. */
function ownNames(type: GraphQLNamedType, facts: GatewayFacts): readonly (readonly string[])[] {
  if (!isObjectType(type)) return [];
  const fields = Object.values(type.getFields()).filter(
    (field) => !field.args.some(isRequiredArgument) && !isLeafList(field),
  );
  const days = fields.filter((field) => isAlwaysThere(field) && getNamedType(field.type).name === "Date");
  const texts = fields.filter(({ type: of }) => getNamedType(of).name === "String");
  const hasAddress = texts.some(({ name }) => name === "email");
  const shown = texts.filter(
    (field) =>
      dimensionsOf(type, field, facts).length === 0 &&
      (HUMAN_NAME.test(field.name) ? !(hasAddress && field.name === "name") : isAlwaysThere(field)),
  );
  const actors = fields.filter((field) => isAlwaysThere(field) && isUnionType(getNamedType(field.type)));
  return [
    ...names(days),
    ...actors.flatMap((each) => partPaths(each)),
    ...names(shown.toSorted(namesFirst)),
    ...names(flagsOf(fields)),
  ];
}

function flagsOf(fields: readonly Field[]): readonly Field[] {
  return fields.filter((field) => isAlwaysThere(field) && getNamedType(field.type).name === "Boolean");
}

/** Selects what names the parts that a measure is of. */
function selectParts(rows: Selected, measure: BuildMeasure, facts: GatewayFacts): void {
  const list = partsOf(measure);
  if (list === null) return;
  const around = measure.fields.slice(0, measure.fields.indexOf(list) + 1).map(({ name }) => name);
  for (const path of ownNames(getNamedType(list.type), facts)) select(rows, [...around, ...path]);
}

/** Selects the chosen measures of the compared period, and how they changed. */
function selectComparison(
  rows: Selected,
  subject: BuildSubject,
  choice: BuildChoice,
  facts: GatewayFacts,
): void {
  const { comparison } = subject;
  if (comparison === null || choice.compare === null) return;
  const { field, argument } = comparison;
  const isStated = field.args.includes(argument) && argument.defaultValue !== choice.compare;
  const call = isStated ? `${field.name}(${argument.name}: ${choice.compare})` : field.name;
  for (const measure of chosenMeasures(subject, choice)) {
    const figure = comparedFigure(subject, measure, facts);
    if (figure === null) continue;
    const unit = measure.fields.filter(({ name }) => name === "usd").map(({ name }) => name);
    for (const part of ["before", "change"]) select(rows, [call, figure.name, part, ...unit]);
    select(rows, [call, figure.name, "relativeChange"]);
  }
}

function select(into: Selected, path: readonly string[]): void {
  let inner = into;
  for (const name of path) {
    const next: Selected = inner.get(name) ?? new Map();
    inner.set(name, next);
    inner = next;
  }
}

function linesOf(selected: Selected, indent: string): string[] {
  return [...selected].flatMap(([name, inner]) => {
    if (inner.size === 0) return [`${indent}${name}`];
    const content = linesOf(inner, `${indent}  `);
    const short = `${indent}${name} { ${content.map((line) => line.trim()).join(" ")} }`;
    return short.length <= WIDEST ? [short] : [`${indent}${name} {`, ...content, `${indent}}`];
  });
}

/** Names the operation by what it asks: `CostByModelPerDay`. */
function operationName(subject: BuildSubject, choice: BuildChoice): string {
  const pascal = (text: string) =>
    text
      .split(/[._]/)
      .map((each) => each.charAt(0).toUpperCase() + each.slice(1))
      .join("");
  const of = pascal(
    subject.path
      .map(({ name }) => name)
      .filter((name) => name !== "dashboard")
      .join("."),
  );
  const by = choice.dimensions.map((each) => pascal(each.toLowerCase())).join("And");
  const per =
    subject.arguments.bucket !== null && choice.bucket !== null && isSeries(subject, choice)
      ? `Per${pascal(choice.bucket.toLowerCase())}`
      : "";
  const compared = choice.compare === null ? "" : `Against${pascal(choice.compare.toLowerCase())}`;
  return `${of}${by === "" ? "" : `By${by}`}${per}${compared}`;
}
