import type { DirectoryFiles } from "../directory/read.ts";
import {
  isOrganizationId,
  type NamedOrganization,
  ORGANIZATIONS,
  type OrganizationKind,
  type Tenant,
} from "../domain/organization.ts";
import { foreignKeyFault, tokenFaults } from "../keys.ts";
import { fieldText, readJsonFile, readKeyFile, readOrReport, unknownField } from "../operator-file.ts";
import { Credential, type Credentials } from "../upstream/access/credential.ts";
import { ConfigError } from "./config-error.ts";
import { text } from "./formats.ts";
import { optional, type SettingsReader, subjectOf } from "./setting.ts";
import { directoryIn, type TenantDirectory } from "./teams.ts";
import type { KeyFiles } from "./upstream.ts";

export const ORGANIZATIONS_FILE = optional({
  name: "ORGANIZATIONS_FILE",
  whenUnset: "one Enterprise and one Console organization, by the keys below",
  format: text("path"),
  meaning:
    "JSON list of the organizations, `{ name, kind, keyVariable | keyFile, joins?, isParent?, parent?, id?, teams?, aliases? }`, in place of the keys below. It says where each key is and holds none.",
  example: "organizations.json",
});

/** A tenant with its keys and its people. */
export interface TenantConfig extends Tenant {
  readonly credentials: Credentials;
  readonly keys: KeyFiles;
  readonly directory: TenantDirectory;
}

/** Returns the people of a tenant for which the operator has no files. */
export function withoutFiles(): TenantDirectory {
  return directoryIn({ teams: "", aliases: "" }, { faults: [], notes: [] });
}

/** Returns the tenant of a gateway without named organizations. */
export function unnamedTenant(
  config: Pick<TenantConfig, "credentials" | "keys" | "directory">,
): TenantConfig {
  return { name: null, organizations: ORGANIZATIONS, ...config };
}

export interface OrganizationsOptions {
  readonly reader: SettingsReader;
  readonly notes: string[];
  /** Settings that are replaced by the file, and are set. */
  readonly replaced: readonly string[];
}

/** Reads the file of organizations; null without one. Nothing that is reported repeats a key. */
export function organizationsConfig({
  reader,
  notes,
  replaced,
}: OrganizationsOptions): readonly TenantConfig[] | null {
  const path = reader.read(ORGANIZATIONS_FILE);
  if (path === null) return null;
  const { faults } = reader;
  if (replaced.length > 0)
    faults.push(
      `ORGANIZATIONS_FILE is set, and ${subjectOf(replaced)} too; unset ${replaced.length > 1 ? "those" : replaced[0]}, and state keys, teams and aliases of each organization in the file.`,
    );
  const list = listIn(path, faults);
  const entries = list.map((entry, i) => entryOf(entry, i, { reader, notes, replaced }));
  for (const [i, { name, credential }] of entries.entries()) {
    const where = `ORGANIZATIONS_FILE: entry ${i + 1}`;
    const sameName = entries.findIndex((each) => each.name.toLowerCase() === name.toLowerCase());
    if (name !== "" && sameName < i)
      faults.push(`${where} has the \`name\` of entry ${sameName + 1}, letter case aside.`);
    const sameKey = entries.findIndex((each) => each.credential?.fingerprint === credential?.fingerprint);
    if (credential !== null && sameKey < i)
      faults.push(`${where} has the key of entry ${sameKey + 1}, and a key belongs to one organization.`);
  }
  for (const [i, { id }] of entries.entries()) {
    const sameId = entries.findIndex((each) => each.id === id);
    if (id !== null && sameId < i)
      faults.push(`ORGANIZATIONS_FILE: entry ${i + 1} has the \`id\` of entry ${sameId + 1}.`);
  }
  refuseRelations(entries, faults);
  if (list.length > 0 && entries.every(({ credential, hasKeyFault }) => credential === null && !hasKeyFault))
    faults.push("ORGANIZATIONS_FILE: no organization has a key; set at least one of those that it names.");
  return tenantsOf(entries, faults, notes);
}

/** An organization as the file states it. */
interface Entry extends Omit<NamedOrganization, "ancestors"> {
  readonly credential: Credential | null;
  /** The key is reported as one that cannot be used. */
  readonly hasKeyFault: boolean;
  /** Name of the Enterprise organization with the same people; null: none. */
  readonly joins: string | null;
  readonly files: DirectoryFiles;
  /** Path of the file with its key; empty where a variable has it. */
  readonly keyFile: string;
  /** Reads the key again; throws ConfigError where it cannot be used. */
  readonly reread: () => Credential | null;
}

const FIELDS = [
  "name",
  "kind",
  "keyVariable",
  "keyFile",
  "joins",
  "isParent",
  "parent",
  "id",
  "teams",
  "aliases",
] as const;

type Fields = { readonly [F in (typeof FIELDS)[number]]?: unknown };

const KINDS: ReadonlyMap<unknown, OrganizationKind> = new Map([
  ["enterprise", "ENTERPRISE"],
  ["console", "CONSOLE"],
]);

/** Names stand in URLs, ids and logs. */
const NAME = /^[a-z\d][a-z\d-]{0,39}$/i;

/** Far more than a company has. */
const MAX_ORGANIZATIONS = 100;

function listIn(path: string, faults: string[]): readonly unknown[] {
  const fault = (why: string) => void faults.push(`ORGANIZATIONS_FILE: the file ${why}.`);
  const list = readOrReport(() => readJsonFile(path), fault);
  if (list === undefined) return [];
  if (Array.isArray(list) && list.length > 0 && list.length <= MAX_ORGANIZATIONS) return list;
  fault(
    `is not a list of 1 to ${MAX_ORGANIZATIONS} organizations, such as [{ "name": "emea", "kind": "enterprise", "keyVariable": "EMEA_KEY" }]`,
  );
  return [];
}

function entryOf(entry: unknown, index: number, { reader, notes }: OrganizationsOptions): Entry {
  const where = `ORGANIZATIONS_FILE: entry ${index + 1}`;
  const isObject = typeof entry === "object" && entry !== null && !Array.isArray(entry);
  const fields: Fields = isObject ? entry : {};
  const fault = (text: string) => void reader.faults.push(`${where}: ${text}`);
  for (const field of Object.keys(fields))
    if (!(FIELDS as readonly string[]).includes(field))
      fault(
        /key|token|secret/i.test(field)
          ? `${fieldText(field)} is not read: the file holds no key; name the variable or the file that does, as \`keyVariable\` or \`keyFile\`.`
          : `${unknownField(field, FIELDS)}.`,
      );
  const name = typeof fields.name === "string" && NAME.test(fields.name) ? fields.name : "";
  if (/^sk-/i.test(name))
    fault("`name` begins as a key does, and names stand in URLs, ids and logs; name the organization.");
  if (name === "") fault("`name` is not 1 to 40 letters, digits and hyphens, such as emea.");
  const kind = KINDS.get(fields.kind);
  if (kind === undefined) fault("`kind` is not enterprise or console.");
  const textOf = (field: "joins" | "parent" | "id" | "teams" | "aliases" | "keyVariable" | "keyFile") => {
    const value = fields[field] ?? null;
    if (value === null || (typeof value === "string" && value !== "")) return value;
    fault(`\`${field}\` is not a text.`);
    return null;
  };
  const isParent = fields.isParent ?? false;
  if (typeof isParent !== "boolean") fault("`isParent` is not true or false.");
  const id = textOf("id");
  if (id !== null && !isOrganizationId(id))
    fault("`id` is not a UUID, such as `organization { organizationId }` has it.");
  const parent = textOf("parent");
  const stated = [textOf("keyVariable"), textOf("keyFile")] as const;
  const isNamedOnly = id !== null && parent !== null && stated.every((each) => each === null);
  const place = isNamedOnly ? null : keyPlace(...stated, fault);
  const credentialIn = (text: string, faults: string[]) =>
    text === "" ? null : credentialOf(text, kind ?? "ENTERPRISE", `${where}: the key`, faults);
  const before = reader.faults.length;
  const key = place === null ? "" : keyAt(place, reader, fault);
  const credential = credentialIn(key, reader.faults);
  const hasKeyFault = reader.faults.length > before;
  let used = credential;
  const reread = () => {
    const faults: string[] = [];
    const report = (text: string) => void faults.push(`${where}: ${text}`);
    const text = place === null ? "" : keyAt(place, reader, report);
    if (text === "" && used !== null && faults.length === 0)
      report("the file of `keyFile` is missing or empty.");
    const replaced = credentialIn(text, faults);
    if (faults.length > 0) throw new ConfigError(faults);
    used = replaced;
    return replaced;
  };
  if (place !== null && key === "" && !hasKeyFault)
    notes.push(
      `The organization ${name} has no key: ${"variable" in place ? `${place.variable} is not set` : "the file of `keyFile` is missing or empty"}. Its fields answer NOT_CONFIGURED; the others are not affected.`,
    );
  return {
    name,
    kind: kind ?? "ENTERPRISE",
    id: id?.toLowerCase() ?? null,
    isParent: isParent === true,
    parent,
    joins: textOf("joins"),
    credential,
    hasKeyFault,
    keyFile: place !== null && "file" in place ? place.file : "",
    reread,
    files: { teams: textOf("teams") ?? "", aliases: textOf("aliases") ?? "" },
  };
}

type KeyPlace = { readonly variable: string } | { readonly file: string };

type ReportFault = (text: string) => void;

/** Where a key is; null after a fault. A key in its place is not repeated. */
function keyPlace(variable: string | null, file: string | null, fault: ReportFault): KeyPlace | null {
  if ((variable === null) === (file === null)) {
    fault(
      variable === null
        ? "`keyVariable` or `keyFile` is missing: it names the environment variable, or the file, with the key."
        : "`keyVariable` and `keyFile` are both stated; remove one of them.",
    );
    return null;
  }
  if (file !== null) return { file };
  if (variable !== null && /^[A-Za-z_]\w{0,99}$/.test(variable)) return { variable };
  fault(
    "`keyVariable` is not the name of an environment variable, such as EMEA_KEY; it must not be the key.",
  );
  return null;
}

/** The key in its place; empty where it is missing. */
function keyAt(place: KeyPlace, reader: SettingsReader, fault: ReportFault): string {
  if ("variable" in place) return reader.variable(place.variable);
  const key = readOrReport(
    () => readKeyFile(place.file),
    (why, { isMissing }) => isMissing || fault(`the file of \`keyFile\` ${why}.`),
  );
  return key ?? "";
}

/** OAuth access tokens are sent as bearer tokens; all others are API keys. */
const OAUTH = /^sk-ant-oat\d+-/;

function credentialOf(
  key: string,
  kind: OrganizationKind,
  where: string,
  faults: string[],
): Credential | null {
  const unusable = tokenFaults(where, key);
  const foreign = kind === "ENTERPRISE" ? foreignKeyFault(where, key) : null;
  faults.push(...unusable, ...(foreign === null ? [] : [foreign]));
  if (unusable.length > 0 || foreign !== null) return null;
  return new Credential(key, kind === "CONSOLE" && OAUTH.test(key) ? "bearer" : "key");
}

function refuseRelations(entries: readonly Entry[], faults: string[]): void {
  for (const [i, { name, kind, parent, joins, files }] of entries.entries()) {
    const fault = (text: string) => void faults.push(`ORGANIZATIONS_FILE: entry ${i + 1}: ${text}`);
    const stated = (other: string) => entries.find((each) => each.name === other);
    if (parent !== null && (parent === name || stated(parent)?.isParent !== true))
      fault(`\`parent\` is not the name of another organization of the file with \`isParent\`: true.`);
    else if (ancestorsOf(entries, name).includes(name))
      fault("`parent` leads back to the organization itself.");
    if (joins === null) continue;
    const rival = entries.findIndex((each, at) => at < i && each.joins === joins);
    if (kind !== "CONSOLE" || stated(joins)?.kind !== "ENTERPRISE")
      fault("`joins` is for a console organization, and names an enterprise organization of the file.");
    else if (rival >= 0)
      fault(`\`joins\` names the organization that entry ${rival + 1} joins; one can join it.`);
    if (files.teams !== "" || files.aliases !== "")
      fault("`teams` and `aliases` are those of the organization that it joins; state them there.");
  }
}

/** The chain of parents of an organization, which ends where it would repeat. */
function ancestorsOf(entries: readonly Entry[], name: string): readonly string[] {
  const ancestors: string[] = [];
  const parentOf = (each: string) => entries.find((entry) => entry.name === each)?.parent ?? null;
  for (let parent = parentOf(name); parent !== null; parent = parentOf(parent)) {
    if (ancestors.includes(parent)) break;
    ancestors.push(parent);
  }
  return ancestors;
}

/** Each Enterprise organization with the Console organization that joins it, and the other Console organizations alone. */
function tenantsOf(entries: readonly Entry[], faults: string[], notes: string[]): readonly TenantConfig[] {
  return entries.flatMap((entry, i) => {
    if (entry.joins !== null) return [];
    const joined = entries.find(({ joins }) => joins === entry.name);
    const members = joined === undefined ? [entry] : [entry, joined];
    const ofKind = (kind: OrganizationKind) => members.find((each) => each.kind === kind);
    const credentials = {
      analytics: ofKind("ENTERPRISE")?.credential ?? null,
      admin: ofKind("CONSOLE")?.credential ?? null,
    };
    const reread = () => ({
      analytics: ofKind("ENTERPRISE")?.reread() ?? null,
      admin: ofKind("CONSOLE")?.reread() ?? null,
    });
    const where = `ORGANIZATIONS_FILE: entry ${i + 1}:`;
    const sources = { teams: `${where} \`teams\``, aliases: `${where} \`aliases\`` };
    return [
      {
        name: entry.name,
        organizations: members.map(({ name, kind, id, isParent, parent }) => {
          return { name, kind, id, isParent, parent, ancestors: ancestorsOf(entries, name) };
        }),
        credentials,
        keys: { files: members.map(({ keyFile }) => keyFile), reread },
        directory: directoryIn(entry.files, { faults, notes }, sources),
      },
    ];
  });
}
