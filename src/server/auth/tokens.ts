import { hash } from "node:crypto";
import { statSync } from "node:fs";
import { isAddress } from "../../directory/row.ts";
import type { Instant } from "../../domain/day.ts";
import { parseInstant } from "../../domain/day.ts";
import {
  IDENTITIES,
  type IdentityPolicy,
  isIdentity,
  isRole,
  isScope,
  ROLES,
  type Role,
  SCOPES,
  type Scope,
  scopesOf,
  seeing,
  type Viewer,
} from "../../domain/viewer.ts";
import { readJsonFile, readOrReport, unknownField } from "../../operator-file.ts";
import { ConfigError } from "../../settings/config-error.ts";
import type { TrustedDocuments } from "../documents/trusted.ts";
import type { Authentication, Proven } from "./authenticator.ts";
import { type FileRead, watchedFile } from "./watched-file.ts";

/** A token that callers can have, known by its hash alone. */
interface Token {
  readonly sha256: string;
  readonly expiresAt: Instant | null;
  readonly viewer: Viewer;
}

export interface TokensOptions {
  readonly path: string;
  readonly identity: IdentityPolicy;
  readonly now: () => Instant;
  /** Called when a changed file is in force. */
  readonly onFileRead: (about: FileRead) => void;
  /** Called when a changed file cannot be used; the tokens stay as they were. */
  readonly onFault: (fault: unknown) => void;
  readonly elapsedMs: () => number;
  /** Documents that a token can be restricted to. */
  readonly documents: TrustedDocuments;
  /** Names of the organizations that a token can be restricted to. */
  readonly organizations: readonly string[];
}

/** The callers of a file of tokens, by a token or by name. */
type FileTokens = Required<Pick<Authentication, "authenticate" | "viewerNamed">> & {
  readonly authenticate: (token: string) => Proven;
};

/** Who a token is of. The file is read again when it changes. Throws ConfigError where it cannot be used at first. */
export function fileTokens({
  path,
  identity,
  now,
  onFileRead,
  onFault,
  elapsedMs,
  documents,
  organizations,
}: TokensOptions): FileTokens {
  const read = () => readTokens(path, identity, { documents, organizations });
  const tokens = watchedFile({
    paths: [path],
    read,
    first: read(),
    onRead: () => onFileRead({ holds: "tokens" }),
    onFault,
    elapsedMs,
    staying: "TOKENS_FILE: the tokens read before stay in force.",
    settles: false, // a token that is taken out is refused from the next look on, and half of a JSON file is none
  });

  const isExpired = ({ expiresAt }: Token) => expiresAt !== null && now() >= expiresAt;
  return {
    authenticate(presented) {
      // The time of the search depends on the digest alone. A token that comes close has another one, so the time tells nothing of it.
      const found = tokens().get(hash("sha256", presented, "hex"));
      if (found === undefined) return { reason: "unknown" };
      return isExpired(found) ? { reason: `expired: ${found.viewer.name}` } : found.viewer;
    },
    viewerNamed(name) {
      const found = tokens()
        .values()
        .find(({ viewer }) => viewer.name === name);
      return found === undefined || isExpired(found) ? null : found.viewer;
    },
  };
}

export function sha256(token: string): Buffer {
  return hash("sha256", token, "buffer");
}

/** The tokens of the file, by the hex digests of their texts. */
type Tokens = ReadonlyMap<string, Token>;

/** Documents and organizations that tokens can be restricted to; null: any name is accepted. */
interface Restrictions {
  readonly documents: TrustedDocuments;
  readonly organizations: readonly string[] | null;
}

function readTokens(path: string, policy: IdentityPolicy, restrictions: Restrictions): Tokens {
  const list = readOrReport(
    () => readJsonFile(path),
    (why) => {
      throw new ConfigError([`TOKENS_FILE: the file ${why}.`]);
    },
  );
  if (isAnybodysToWrite(path))
    throw new ConfigError([
      "TOKENS_FILE: every user of this machine may write the file and so add a token; remove that permission (chmod o-w).",
    ]);
  if (!Array.isArray(list)) throw new ConfigError(["TOKENS_FILE: the file is not a list of tokens."]);
  const faults: string[] = [];
  const tokens = list.map((entry, i) =>
    tokenOf(entry, policy, restrictions, `TOKENS_FILE: entry ${i + 1}`, faults),
  );
  const names = tokens.map(({ viewer }) => viewer.name);
  for (const [i, name] of names.entries()) {
    const first = names.indexOf(name);
    if (name !== "" && first < i)
      faults.push(
        `TOKENS_FILE: entry ${i + 1} has the \`name\` of entry ${first + 1}; each needs another one.`,
      );
  }
  // The owner of a token must not depend on the order: a copied entry would give its caller the role of the other.
  const hashes: unknown[] = list.map((entry) => entry?.sha256);
  for (const [i, hash] of hashes.entries()) {
    const first = hashes.indexOf(hash);
    if (typeof hash === "string" && first < i)
      faults.push(
        `TOKENS_FILE: entry ${i + 1} has the \`sha256\` of entry ${first + 1}; each needs a different token.`,
      );
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return new Map(tokens.map((token) => [token.sha256, token]));
}

/** Windows tells no such thing by mode. */
function isAnybodysToWrite(path: string): boolean {
  return (
    process.platform !== "win32" && ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o002) !== 0
  );
}

/** Returns the fault for which a gateway would reject an entry of the file. */
export function faultsOf(entry: object, documents: TrustedDocuments): readonly string[] {
  const faults: string[] = [];
  const restrictions = { documents, organizations: null };
  tokenOf(entry, { byRole: {}, minPeople: 2 }, restrictions, "This token", faults);
  return faults;
}

type Entry = Readonly<Record<string, unknown>>;

const KNOWN = [
  "name",
  "sha256",
  "role",
  "scopes",
  "expiresAt",
  "email",
  "documents",
  "organizations",
  "identity",
  "teams",
];

function tokenOf(
  entry: unknown,
  policy: IdentityPolicy,
  { documents: trusted, organizations: known }: Restrictions,
  where: string,
  faults: string[],
): Token {
  const fields: Entry = typeof entry === "object" && entry !== null ? (entry as Entry) : {};
  const { name, sha256, role, scopes, expiresAt, email, documents, organizations, identity, teams } = fields;
  const check = (isRight: boolean, fault: string) => void (isRight || faults.push(`${where}: ${fault}`));
  for (const field of Object.keys(fields)) check(KNOWN.includes(field), `${unknownField(field, KNOWN)}.`);
  check(
    typeof name === "string" && /^[\w. @-]{1,64}$/.test(name),
    "`name` is missing or not 1 to 64 plain characters.",
  );
  check(typeof sha256 === "string" && /^[\da-f]{64}$/.test(sha256), "`sha256` is not 64 hexadecimal digits.");
  check(isRole(role), `\`role\` is not one of ${Object.keys(ROLES).join(", ")}.`);
  check(
    scopes === undefined || (isList(scopes) && scopes.every(isScope)),
    `\`scopes\` is not a list of ${Object.keys(SCOPES).join(", ")}.`,
  );
  check(
    role !== "SERVICE" || scopes !== undefined,
    "a SERVICE has only the scopes in `scopes`, which is missing.",
  );
  check(email === undefined || (typeof email === "string" && isAddress(email)), "`email` is not an address.");
  check(
    role !== "MEMBER" || email !== undefined,
    "a MEMBER reads their own figures by `email`, which is missing.",
  );
  check(
    teams === undefined || (isList(teams) && teams.length > 0),
    "`teams` is not a list of ids or names of teams.",
  );
  check(role === "LEAD" || teams === undefined, "`teams` are those of a LEAD, which is another role.");
  check(
    role !== "LEAD" || email !== undefined || teams !== undefined,
    "a LEAD reads the teams that they manage by `email`, or those in `teams`; both are missing.",
  );
  // Their own data would open to them for every person that a scope shows.
  check(
    role !== "MEMBER" || scopes === undefined,
    "a MEMBER reads only their own figures and has no `scopes`; use another role, such as SERVICE.",
  );
  const named = isList(documents) ? documents : [];
  check(
    documents === undefined || isList(documents),
    "`documents` is not a list of names or ids of trusted documents.",
  );
  for (const each of named)
    check(
      trusted.called(each).length > 0,
      `\`documents\` has ${each.slice(0, 100)}, which is not a trusted document: ${trusted.nearest(each)}`,
    );
  const readable = isList(organizations) ? organizations : [];
  check(
    organizations === undefined || readable.length > 0,
    "`organizations` is not a list of names of organizations.",
  );
  for (const each of readable)
    check(
      known?.includes(each) ?? true,
      `\`organizations\` has ${each.slice(0, 40)}, which is not one of ${known?.join(", ")}.`,
    );
  check(
    identity === undefined || isIdentity(identity),
    `\`identity\` is not one of ${Object.keys(IDENTITIES).join(", ")}.`,
  );
  const held = scopesOf(
    isRole(role) ? role : "SERVICE",
    isList(scopes) ? (scopes as readonly Scope[]) : null,
  );
  check(
    identity !== "full" || held.has("identity:read") || role === "MEMBER",
    "`identity` is full, which requires the scope identity:read.",
  );
  const expiry = typeof expiresAt === "string" ? parseInstant(expiresAt) : null;
  check(
    expiresAt === undefined || expiry !== null,
    "`expiresAt` is not an instant such as 2027-01-31T00:00:00Z.",
  );
  return {
    sha256: String(sha256),
    expiresAt: expiry,
    viewer: seeing(
      {
        name: String(name ?? ""),
        role: isRole(role) ? role : ("SERVICE" satisfies Role),
        scopes: held,
        teams: new Set(isList(teams) ? teams : []),
        email: typeof email === "string" ? email : null,
        documents: documents === undefined ? null : new Set(named),
        organizations: organizations === undefined ? null : new Set(readable),
      },
      isIdentity(identity) ? identity : undefined,
      policy,
    ),
  };
}

function isList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}
