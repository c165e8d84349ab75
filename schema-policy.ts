// Compares the schema with that of the last release and refuses what CONTRIBUTING.md does not allow: node schema-policy.ts
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { type Change, CriticalityLevel, diff } from "@graphql-inspector/core";
import {
  buildSchema,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
} from "graphql";

interface Revision {
  readonly version: string;
  /** In the schema definition language. */
  readonly schema: string;
}

interface Checked extends Revision {
  readonly changelog: string;
  /** Null before the first release. */
  readonly released: Revision | null;
}

/** Returns a sentence for each deprecated element without a date, change that breaks clients, and change that the changelog leaves out. */
export async function policyFaults({
  version,
  schema,
  changelog,
  released,
}: Checked): Promise<readonly string[]> {
  const current = buildSchema(schema);
  const faults = deprecationFaults(current);
  if (released === null) return faults;
  const before = buildSchema(released.schema);
  const entries = entriesOf(changelog, version);
  for (const change of await diff(before, current)) {
    if (change.type.includes("DESCRIPTION") || isOfNewType(change, before)) continue;
    if (isBreaking(change) && !mayBreak(released.version, version))
      faults.push(`${change.message}. A client of ${released.version} would fail: deprecate it instead.`);
    else if (!isNamed(change, entries))
      faults.push(
        `${change.message}. The section ${version} of CHANGELOG.md does not name \`${change.path}\`.`,
      );
  }
  return faults;
}

/** Before 1.0 a minor version may break; from then on a major one. */
function mayBreak(released: string, version: string): boolean {
  const [oldMajor = "", oldMinor = ""] = released.split(".");
  const [major = "", minor = ""] = version.split(".");
  return major !== oldMajor || (major === "0" && minor !== oldMinor);
}

function isBreaking({ criticality }: Change): boolean {
  return criticality.level === CriticalityLevel.Breaking;
}

/** The lines of the version, or all if it has no section. */
function entriesOf(changelog: string, version: string): string {
  const sections = changelog.split(/^## /m);
  return sections.find((section) => section.startsWith(`${version} `)) ?? "";
}

/** A new type stands for its fields. */
function isOfNewType({ path = "" }: Change, before: GraphQLSchema): boolean {
  const [type = "", field] = path.split(".");
  return field !== undefined && !type.startsWith("@") && before.getType(type) === undefined;
}

/** Looks for the element or one around it; a field of Query also by its name alone, as users write it. */
function isNamed({ path = "" }: Change, entries: string): boolean {
  const parts = path.split(".");
  const names = parts.map((_, end) => parts.slice(0, end + 1).join("."));
  if (parts[0] === "Query") names.shift();
  if (parts[0] === "Query" && parts[1] !== undefined) names.push(parts[1]);
  return names.some((name) => entries.includes(`\`${name}\``));
}

interface Element {
  readonly path: string;
  readonly deprecationReason: string | null | undefined;
}

function elementsOf(
  parent: string,
  members: readonly (Omit<Element, "path"> & { name: string })[],
): readonly Element[] {
  return members.map(({ name, deprecationReason }) => ({ path: `${parent}.${name}`, deprecationReason }));
}

/** Each deprecated element with a reason that does not hold the date from which it may go. */
function deprecationFaults(schema: GraphQLSchema): string[] {
  const elements = Object.values(schema.getTypeMap()).flatMap((type): readonly Element[] => {
    if (type.name.startsWith("__")) return [];
    if (isEnumType(type)) return elementsOf(type.name, type.getValues());
    if (isInputObjectType(type)) return elementsOf(type.name, Object.values(type.getFields()));
    if (!isObjectType(type) && !isInterfaceType(type)) return [];
    const fields = Object.values(type.getFields());
    const args = fields.flatMap((field) => elementsOf(`${type.name}.${field.name}`, field.args));
    return [...elementsOf(type.name, fields), ...args];
  });
  return elements.flatMap(({ path, deprecationReason }) =>
    deprecationReason === null ||
    deprecationReason === undefined ||
    /\. Removed not before \d{4}-\d{2}-\d{2}\.$/.test(deprecationReason)
      ? []
      : [
          `${path} is deprecated with "${deprecationReason}". End the reason with ". Removed not before YYYY-MM-DD."`,
        ],
  );
}

/** The schema of the newest tag of a version that HEAD comes from. */
export function lastRelease(folder: URL): Revision | null {
  const git = (...parameters: string[]) =>
    execFileSync("git", parameters, {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
  const tags = git("tag", "--merged", "HEAD", "--list", "v*.*.*", "--sort=-version:refname").split("\n");
  const tag = tags.find((each) => /^v\d+\.\d+\.\d+$/.test(each));
  return tag === undefined
    ? null
    : { version: tag.slice(1), schema: git("show", `${tag}:schema/schema.graphql`) };
}

const [, script = ""] = process.argv;
if (import.meta.url === pathToFileURL(script).href) {
  const folder = new URL(".", import.meta.url);
  const read = (file: string) => readFileSync(new URL(file, folder), "utf8");
  const { version } = JSON.parse(read("package.json"));
  const released = lastRelease(folder);
  const faults = await policyFaults({
    version,
    schema: read("schema/schema.graphql"),
    changelog: read("CHANGELOG.md"),
    released,
  });
  const compared =
    released === null ? "No release yet: nothing to compare with." : `Compared with ${released.version}.`;
  process.stdout.write(`${[compared, ...faults].join("\n")}\n`);
  process.exitCode = faults.length > 0 ? 1 : 0;
}
