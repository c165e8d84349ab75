import { type GraphQLSchema, getNamedType, isEnumType } from "graphql";
import { requirePermission } from "../../../schema/framework/permission.ts";
import { contextFor, nameOf, organizationNamed } from "../../analytics/organizations.ts";
import type { SpendQuestion } from "../../analytics/spend.ts";
import { addDays, type Day, dayOf, type Instant, parseDay } from "../../domain/day.ts";
import { dayFault } from "../../domain/day-fault.ts";
import { PERIODS, type Period } from "../../domain/period.ts";
import type { DayRange } from "../../domain/range.ts";
import { type Permissions, permissionsOf } from "../../domain/viewer.ts";
import { badInput, GatewayError } from "../../errors.ts";
import { resolveRange } from "../../planning/range-input.ts";
import { nearest } from "../http/did-you-mean.ts";
import { defaultColumns } from "./fields.ts";
import { FOCUS } from "./focus.ts";
import { type FileFormat, FORMATS, type FormatName } from "./format.ts";
import { notFinalBefore, SINCE, sinceOf } from "./increment.ts";
import { argumentsOf, listsOf, listTable, rowTypeOf } from "./list.ts";
import { noDays, SPEND, type SpendLayout, spendTable } from "./spend.ts";
import type { Reader, Table, TableColumn } from "./table.ts";

/** A file that was requested and can be written. */
export interface Export {
  /** As in the path, without its ending. */
  readonly name: string;
  readonly file: string;
  /** Of the question, without how its manifest is sent. */
  readonly parameters: URLSearchParams;
  readonly format: FileFormat;
  readonly table: Table;
  /** Writes what follows the last row: nothing, or the manifest where `manifest=line` asks for it. */
  readonly lastLine: (manifest: object) => string;
}

const LAYOUTS: Readonly<Record<string, SpendLayout>> = { spend: SPEND, focus: FOCUS };

/** Cost and tokens of each identity. */
const LAYOUT_PERMISSIONS: readonly (keyof Permissions)[] = ["spenders", "people"];

/** Everything there is to take away, by name. */
export function exportNames(schema: GraphQLSchema): string[] {
  return [...Object.keys(LAYOUTS), ...listsOf(schema).keys()];
}

/** The columns of every export, under the paths of CSV and NDJSON; of lists, those of all groupings. */
export function exportColumns(schema: GraphQLSchema): ReadonlyMap<string, readonly TableColumn[]> {
  const layouts = Object.entries(LAYOUTS).map(([name, { columns }]) => [name, columns] as const);
  const lists = [...listsOf(schema)].map(([name, field]) => {
    const groupBy = argumentsOf(field).find((argument) => argument.name === "groupBy");
    const dimensions = groupBy && getNamedType(groupBy.type);
    const splits = isEnumType(dimensions) ? dimensions.getValues().map((value) => value.name) : [];
    // Some figures have no values in some groupings.
    const columns = [splits, ...splits.map((split) => [split]), []].flatMap((split) =>
      defaultColumns(schema, name, rowTypeOf(field), split),
    );
    return [name, [...new Map(columns.map((column) => [column.name, column])).values()]] as const;
  });
  return new Map<string, readonly TableColumn[]>([...layouts, ...lists]);
}

/** The export that a file's name and its parameters ask for: `spend.csv`, `users.ndjson`. */
export function openExport(
  schema: GraphQLSchema,
  reader: Reader,
  file: string,
  given: URLSearchParams,
): Export {
  const dot = file.lastIndexOf(".");
  const [name, ending] = dot < 0 ? [file, ""] : [file.slice(0, dot), file.slice(dot + 1)];
  const layout = Object.hasOwn(LAYOUTS, name) ? LAYOUTS[name] : undefined;
  const list = listsOf(schema).get(name);
  if (layout === undefined && list === undefined)
    throw notFound(`Unknown export \`${name}\`: ${nearest(name, namesFor(reader))}`);
  if (!Object.hasOwn(FORMATS, ending))
    throw notFound(
      `Unknown file \`${file}\`: use ${Object.keys(FORMATS)
        .map((each) => `${name}.${each}`)
        .join(", ")}.`,
    );
  if (layout !== undefined) {
    for (const permission of LAYOUT_PERMISSIONS) requirePermission(reader, permission, `\`${file}\``);
  }
  if (layout === undefined && given.has(SINCE))
    throw badInput(
      `\`${SINCE}\` is for files with rows by day (${Object.keys(LAYOUTS).join(", ")}); leave it out.`,
    );
  const format: FileFormat = FORMATS[ending as FormatName];
  const parameters = new URLSearchParams(given);
  parameters.delete(MANIFEST);
  const table =
    layout === undefined
      ? named(listTable(schema, reader, list as NonNullable<typeof list>, parameters), format)
      : tableOfSpend(readerOf(reader, parameters), parameters, layout);
  return { name, file, parameters, format, table, lastLine: lastLineOf(format, given.getAll(MANIFEST)) };
}

/** A list with the column names of the format. */
function named(table: Table, { columnName }: FileFormat): Table {
  const columns = table.columns.map((column) => ({ ...column, name: columnName(column.name) }));
  const [twice] = columns.filter(({ name }, i) => columns.findIndex((each) => each.name === name) < i);
  if (twice === undefined) return { ...table, columns };
  throw badInput(`\`fields\` names two columns that are \`${twice.name}\` in this format; leave one out.`);
}

const MANIFEST = "manifest";

function lastLineOf({ manifestLine }: FileFormat, [wanted, ...more]: readonly string[]): Export["lastLine"] {
  if (wanted === undefined) return () => "";
  if (wanted !== "line" || more.length > 0)
    throw badInput(
      "`manifest` can be given once, as `line`; without it the manifest follows as the trailer `export-manifest`.",
    );
  if (manifestLine === null)
    throw badInput(
      "Only NDJSON has a line for its manifest. That of other files follows them as the trailer `export-manifest`.",
    );
  return manifestLine;
}

/** Names of the exports that the caller may have. */
function namesFor({ visible, viewer }: Reader): readonly string[] {
  if (visible === null) return [];
  const permissions = permissionsOf(viewer);
  const layouts = LAYOUT_PERMISSIONS.every((permission) => permissions[permission])
    ? Object.keys(LAYOUTS)
    : [];
  return [...layouts, ...listsOf(visible).keys()];
}

function notFound(message: string): GatewayError {
  return new GatewayError("NOT_FOUND", message);
}

const PARAMETERS = ["period", "from", "until", "since", "organization", "source"] as const;
const SOURCES: readonly string[] = ["AUTO", "UNIFIED", "LEGACY"] satisfies SpendQuestion["source"][];

/** The reader of the organization that the parameters name. */
function readerOf(reader: Reader, parameters: URLSearchParams): Reader {
  const name = parameters.get("organization");
  return { ...reader, context: (reading) => contextFor(reader.context(reading), { name, kind: null }) };
}

function tableOfSpend(reader: Reader, parameters: URLSearchParams, layout: SpendLayout): Table {
  const question = spendQuestion(parameters, reader);
  const ctx = reader.context({});
  const since = sinceOf(parameters, ctx.now());
  const range = since === null ? question.range : notFinalBefore(question.range, since);
  return range === null
    ? noDays(layout, nameOf(ctx, question.organization))
    : spendTable(reader, { ...question, range }, layout);
}

function spendQuestion(parameters: URLSearchParams, { context }: Reader): SpendQuestion {
  for (const key of parameters.keys()) {
    if (!(PARAMETERS as readonly string[]).includes(key))
      throw badInput(`Unknown parameter \`${key}\`: ${nearest(key, PARAMETERS)}`);
    if (parameters.getAll(key).length > 1) throw badInput(`\`${key}\` is given more than once.`);
  }
  const ctx = context({});
  const source = parameters.get("source") ?? "AUTO";
  if (!SOURCES.includes(source)) throw badInput(`Unknown source \`${source}\`: ${nearest(source, SOURCES)}`);
  return {
    range: rangeOf(parameters, ctx.now()),
    organization: organizationNamed(ctx, parameters.get("organization")),
    source: source as SpendQuestion["source"],
  };
}

function rangeOf(parameters: URLSearchParams, now: Instant): DayRange {
  const period = parameters.get("period");
  const stated = DAYS.filter((key) => parameters.get(key));
  if (period && stated.length === 0) {
    if (Object.hasOwn(PERIODS, period)) return resolveRange({ period: period as Period }, now);
    throw badInput(`Unknown period \`${period}\`: ${nearest(period, Object.keys(PERIODS))}`);
  }
  if (period)
    throw badInput(`\`period\` and ${names(stated)} are given; leave out \`period\`, or ${names(stated)}.`);
  if (stated.length === 0)
    throw badInput(
      "Choose the days: `period=LAST_MONTH`, or `from=2026-10-01&until=2026-11-01`, where `until` is the day after the last one.",
    );
  const days = { from: dayIn(parameters, "from"), until: dayIn(parameters, "until") };
  const { from = addDays(days.until ?? dayOf(now), -1), until = addDays(from, 1) } = days;
  if (stated.length === 2) return resolveRange({ between: { from, until } }, now);
  const missing = days.from === undefined ? "from" : "until";
  throw badInput(`\`${missing}\` is missing; one day is \`from=${from}&until=${until}\`.`);
}

const DAYS = ["from", "until"] as const;

function names(keys: readonly string[]): string {
  return keys.map((key) => `\`${key}\``).join(" and ");
}

/** The day that a parameter states; undefined where it is not given. */
function dayIn(parameters: URLSearchParams, key: (typeof DAYS)[number]): Day | undefined {
  const text = parameters.get(key);
  if (!text) return undefined;
  const day = parseDay(text);
  if (day !== null) return day;
  const { why, nearest: first, nearestEnd: end } = dayFault(text);
  const near = (key === "from" ? first : end) ?? "2026-10-01";
  throw badInput(`\`${key}=${text}\` is not a day: ${why}. Use \`${key}=${near}\`.`);
}
