import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, renameSync, statSync, writeFileSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import { schema } from "../../schema/index.ts";
import { readSettings } from "../config.ts";
import { organizationNames } from "../domain/organization.ts";
import {
  IDENTITIES,
  type Identity,
  isIdentity,
  isRole,
  isScope,
  ROLES,
  type Role,
  SCOPES,
  type Scope,
} from "../domain/viewer.ts";
import { readJsonFile, readOrReport } from "../operator-file.ts";
import { faultsOf, sha256 } from "../server/auth/tokens.ts";
import { readDocuments } from "../server/documents/manifest.ts";
import { ConfigError } from "../settings/config-error.ts";
import { integerFrom } from "./option.ts";

interface Flags {
  readonly name: string;
  readonly role: Role;
  readonly scopes?: readonly Scope[];
  readonly email?: string;
  readonly documents?: readonly string[];
  readonly organizations?: readonly string[];
  readonly teams?: readonly string[];
  readonly identity?: Identity;
  readonly days?: number;
  readonly file?: string;
}

/** `token`: a new token, shown once; the file of tokens keeps its hash. */
export function tokenCommand(): Command {
  return new Command("token")
    .description(
      "Create a token for one caller of a gateway with AUTH=tokens. The token is printed to standard output once; only its hash is stored. With --file the entry is added to that file, which a running gateway reads again. Without it the entry is printed to standard error.",
    )
    .requiredOption("--name <name>", "name of the caller, as logs show it", name)
    .requiredOption("--role <role>", Object.keys(ROLES).join(", ").toLowerCase(), role)
    .option(
      "--scopes <names>",
      "scopes instead of those of the role, separated by commas; a service has only these, a member has none",
      scopeList,
    )
    .option(
      "--email <address>",
      "address of a member, who reads only their own figures, or of a lead, who manages teams by TEAMS_FILE",
    )
    .option("--teams <names>", "teams of a lead, by id or name, separated by commas", list)
    .option(
      "--documents <names>",
      "the only trusted documents the caller may run, by name or id, separated by commas",
      list,
    )
    .option(
      "--organizations <names>",
      "the only organizations the caller may read, by name, separated by commas",
      list,
    )
    .option("--identity <how>", "how the caller sees people; by default as its role does", identity)
    .option("--days <number>", "lifetime; unlimited by default", integerFrom(1, 3_660))
    .option("--file <path>", "the TOKENS_FILE to add the entry to; created if it does not exist")
    .addHelpText("after", `\nScopes:\n${lines(SCOPES)}\n\nIdentity:\n${lines(IDENTITIES)}`)
    .action(make);
}

function lines(meanings: Readonly<Record<string, string>>): string {
  return Object.entries(meanings)
    .map(([name, meaning]) => `  ${name.padEnd(14)} ${meaning}`)
    .join("\n");
}

/** 256 bits, behind a mark that scanners for leaked secrets can look for. */
const BYTES = 32;
const MARK = "cag_";

function make({
  name,
  role,
  scopes,
  email,
  teams,
  documents,
  organizations,
  identity,
  days,
  file,
}: Flags): void {
  const token = MARK + randomBytes(BYTES).toString("base64url");
  const entry = {
    name,
    sha256: sha256(token).toString("hex"),
    role,
    ...(scopes && { scopes }),
    ...(email && { email }),
    ...(teams && { teams }),
    ...(documents && { documents }),
    ...(organizations && { organizations }),
    ...(identity && { identity }),
    ...(days && { expiresAt: new Date(Date.now() + days * 86_400_000).toISOString() }),
  };
  if (!isUsable(entry)) return;
  if (file === undefined) process.stderr.write(`${JSON.stringify(entry)}\n`);
  else if (!add(entry, file)) return;
  for (const line of hintsOn(organizations ?? [])) process.stderr.write(`${line}\n`);
  process.stdout.write(`${token}\n`);
}

/** Names organizations that the settings at hand do not have. The gateway can have others, and refuses a file with one that it has not. */
function hintsOn(organizations: readonly string[]): readonly string[] {
  if (organizations.length === 0) return [];
  const known = organizationNames(readSettings(process.env).config.tenants);
  return organizations
    .filter((name) => !known.includes(name))
    .map(
      (name) =>
        `${name} is not an organization of these settings (${known.join(", ")}); a gateway without it does not start with this token.`,
    );
}

/** A gateway takes no file with a token that it cannot use. */
function isUsable(entry: object): boolean {
  try {
    const faults = faultsOf(entry, readDocuments(schema, process.env.DOCUMENTS_FILE?.trim() ?? ""));
    return faults.length === 0 || refuse(faults.join("\n"));
  } catch (fault) {
    if (!(fault instanceof ConfigError)) throw fault;
    return refuse(fault.message);
  }
}

function refuse(why: string): false {
  process.stderr.write(`${why}\n`);
  process.exitCode = 1;
  return false;
}

function add(entry: { readonly name: string }, file: string): boolean {
  const before = statSync(file, { throwIfNoEntry: false });
  const entries = readOrReport(
    () => (before === undefined ? [] : readJsonFile(file)),
    (why) => refuse(`${file} ${why}; nothing was added.`),
  );
  if (entries === undefined) return false;
  if (!Array.isArray(entries)) return refuse(`${file} is not a list of tokens; nothing was added.`);
  if (entries.some((each) => each?.name === entry.name))
    return refuse(
      `${file} has a token named ${entry.name}; remove that entry first, or choose another name.`,
    );
  // Put in place whole, so that a gateway that reads it now never sees half of it, and as readable to it as before.
  const whole = `${file}.new`;
  try {
    writeFileSync(whole, `${JSON.stringify([...entries, entry], null, 2)}\n`, { mode: 0o600 });
    if (before !== undefined) {
      chownSync(whole, before.uid, before.gid);
      chmodSync(whole, before.mode);
    }
    renameSync(whole, file);
  } catch (fault) {
    return refuse(`${file} cannot be written (${(fault as NodeJS.ErrnoException).code}); nothing was added.`);
  }
  return true;
}

function name(text: string): string {
  if (/^[\w. @-]{1,64}$/.test(text)) return text;
  throw new InvalidArgumentError("It must be 1 to 64 letters, digits, spaces and . _ - @.");
}

function identity(text: string): Identity {
  if (isIdentity(text)) return text;
  throw new InvalidArgumentError(`Use one of ${Object.keys(IDENTITIES).join(", ")}.`);
}

function role(text: string): Role {
  const named = text.toUpperCase().replaceAll("-", "_");
  if (isRole(named)) return named;
  throw new InvalidArgumentError(`Unknown role; use one of ${Object.keys(ROLES).join(", ").toLowerCase()}.`);
}

function list(text: string): string[] {
  return text.split(",").map((each) => each.trim());
}

function scopeList(text: string): Scope[] {
  const scopes = list(text);
  if (scopes.every(isScope)) return scopes;
  throw new InvalidArgumentError(`Use one of ${Object.keys(SCOPES).join(", ")}.`);
}
