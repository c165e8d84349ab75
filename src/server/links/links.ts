import { type GraphQLSchema, getOperationAST, parse } from "graphql";
import type { Archive } from "../../cache/archive.ts";
import type { Instant } from "../../domain/day.ts";
import {
  IDENTITIES,
  type Identity,
  type IdentityPolicy,
  isIdentity,
  mayReadOrganization,
  type Scope,
  seeing,
  type Viewer,
} from "../../domain/viewer.ts";
import { badInput, GatewayError } from "../../errors.ts";
import { incrementalDocument } from "../../execution/incremental.ts";
import { coerceVariables, operationShape } from "../../planning/operation.ts";
import type { LinksConfig } from "../../settings/links.ts";
import { pathIn } from "../charts/chart-form.ts";
import type { Pictures } from "../charts/pictures.ts";
import { documentNamed } from "../documents/call.ts";
import type { TrustedDocument, TrustedDocuments } from "../documents/trusted.ts";
import { withoutSuggestion } from "../graphql/translate-errors.ts";
import { nearest } from "../http/did-you-mean.ts";
import { HttpError } from "../http/http-error.ts";
import type { CallerAccounts } from "../limits/accounts.ts";
import { forbiddenField } from "./forbidden-field.ts";
import { type LinkContent, LinkSeal, MAX_LINK } from "./sealed-link.ts";

export interface LinksOptions extends LinksConfig {
  readonly schema: GraphQLSchema;
  readonly trusted: TrustedDocuments;
  readonly identity: IdentityPolicy;
  /** Keeps which links are revoked. */
  readonly archive: Archive;
  readonly accounts: CallerAccounts;
  readonly pictures: Pictures;
  /** Names of the organizations of the gateway. */
  readonly organizations: readonly string[];
  /** The rights that a maker has now, null where they have none any more; undefined: only the issuer of tokens knows. */
  readonly viewerNamed: ((name: string) => Viewer | null) | undefined;
  readonly now: () => Instant;
}

/** A link that was made. */
export interface MadeLink {
  readonly id: string;
  readonly url: string;
  readonly expiresAt: string;
  readonly identity: Identity;
}

/** A link that may be viewed, and the rights with which it is. */
export interface OpenedLink {
  readonly content: LinkContent;
  readonly viewer: Viewer;
}

const DAY_MS = 86_400_000;

/** The most to the least that a viewer learns of people. */
const BY_DETAIL: readonly Identity[] = ["full", "pseudonym", "none"];

/** Members and team leads read what is theirs, which a link has no place for. */
function isWithoutLinks({ role }: Viewer): boolean {
  return role === "MEMBER" || role === "LEAD";
}

/** Links to pictures, for readers who cannot authenticate: they expire, can be revoked, and never show more than their maker may read. */
export class Links {
  readonly #options: LinksOptions;
  readonly #seal: LinkSeal;

  constructor(options: LinksOptions) {
    this.#options = options;
    this.#seal = new LinkSeal({ secrets: options.keys, now: options.now });
  }

  /** Makes a link to the picture of a document, with rights that are a part of the caller's. */
  async make(request: unknown, viewer: Viewer): Promise<MadeLink> {
    const { now, trusted, maxDays } = this.#options;
    if (isWithoutLinks(viewer))
      throw new HttpError(
        "FORBIDDEN",
        "Links never show more than scopes of the organization grant, and members and team leads have none; query the figures with your own token.",
      );
    const { document: name, variables = {}, list, measure, days, identity, organization } = fieldsOf(request);
    if (typeof name !== "string")
      throw badInput("`document` is missing; it is the name of a trusted document.");
    const document = documentNamed(name, trusted, viewer);
    if (typeof variables !== "object" || variables === null || Array.isArray(variables))
      throw badInput("`variables` is not an object.");
    const content: LinkContent = {
      id: this.#seal.newId(viewer.name),
      maker: viewer.name,
      document: document.hash,
      variables: variables as LinkContent["variables"],
      list: pathIn("list", list),
      measure: pathIn("measure", measure),
      identity: identityFor(viewer, identity),
      scopes: [...viewer.scopes],
      organization: organizationIn(organization, this.#options.organizations, viewer),
      organizations: viewer.organizations && [...viewer.organizations],
      expiresAt: now() + daysOf(days, maxDays) * DAY_MS,
    };
    await this.#refuseUseless(document, content);
    const link = await this.#seal.seal(content);
    if (link.length > MAX_LINK)
      throw badInput(
        `The link would have ${link.length} characters, and the maximum is ${MAX_LINK}; use shorter variables.`,
      );
    return {
      id: content.id,
      url: `/chart/${document.name}.svg?link=${link}`,
      expiresAt: new Date(content.expiresAt).toISOString(),
      identity: content.identity,
    };
  }

  /** Opens a link. Throws HttpError where it is not valid, or not any more. */
  async open(link: string): Promise<OpenedLink> {
    const content = await this.#seal.open(link);
    if ("reason" in content) throw invalid(content.reason);
    const viewer = this.#viewerOf(content);
    if (await this.#isRevoked(content.id)) throw invalid("link revoked");
    await this.#countView(content.id);
    return { content, viewer };
  }

  /** Revokes a link for good, on all replicas. A caller revokes their own links; with the scope `operate`, those of others. */
  async revoke(id: string, viewer: Viewer): Promise<void> {
    if (!WELL_FORMED.test(id)) throw badInput("The id of a link is 16 characters, a dot and 22 characters.");
    if (!viewer.scopes.has("operate") && !this.#seal.isMadeBy(id, viewer.name))
      throw new HttpError(
        "FORBIDDEN",
        "Only the maker of a link, and callers with the scope operate, can revoke it.",
        { details: { scope: "operate" } },
      );
    if (await this.#options.archive.put(revocationOf(id), REVOKED)) return;
    throw new HttpError(
      "INTERNAL_SERVER_ERROR",
      "The link is not revoked, since the archive is full or cannot be written; retry later, or replace LINK_KEYS to end all links.",
      { status: 503 },
    );
  }

  /** Rejects a link that could never be viewed, because of its variables, its choices or its rights. */
  async #refuseUseless({ text }: TrustedDocument, content: LinkContent): Promise<void> {
    const { schema, pictures } = this.#options;
    const document = incrementalDocument(parse(text, { noLocation: true })).whole;
    const definition = getOperationAST(document);
    if (!definition) throw new RangeError("a document without an operation is not trusted");
    const coerced = coerceVariables(schema, definition, content.variables);
    if ("faults" in coerced)
      throw badInput(
        withoutSuggestion(coerced.faults[0]?.message ?? "The variables do not fit the document."),
      );
    const { variables, list, measure } = content;
    const operationName = definition.name?.value ?? null;
    await pictures.check({ query: text, operationName, variables, list, measure });
    const operation = operationShape(schema, document, definition);
    const forbidden = forbiddenField(operation, coerced.variables, this.#viewerOf(content));
    if (forbidden !== null)
      throw new HttpError(
        "FORBIDDEN",
        `The link would show people as ${content.identity} and may not read \`${forbidden.path}\`; use another document, or an \`identity\` that may.`,
        { details: { field: forbidden.path } },
      );
  }

  /** The rights that both the link and its maker have now. */
  #viewerOf({ id, maker, document: hash, identity, scopes, organizations }: LinkContent): Viewer {
    const { trusted, viewerNamed, identity: policy } = this.#options;
    const document = trusted.find(hash);
    if (document === null) throw invalid("link of a document that is no longer trusted");
    const current = viewerNamed?.(maker);
    if (current === null || (current !== undefined && isWithoutLinks(current)))
      throw invalid("link of a maker without rights");
    if (current !== undefined && !trusted.allows(current, document))
      throw invalid("link of a maker without the document");
    const held = new Set<Scope>(scopes);
    const narrowed = current === undefined ? identity : lesser(identity, current.identity);
    return seeing(
      {
        name: `link ${id}`,
        role: "SERVICE",
        scopes: current === undefined ? held : held.intersection(current.scopes),
        teams: new Set(),
        email: null,
        documents: new Set([hash]),
        organizations: narrower(organizations && new Set(organizations), current?.organizations ?? null),
      },
      narrowed,
      policy,
    );
  }

  /** An archive that cannot be read revokes every link for as long. */
  async #isRevoked(id: string): Promise<boolean> {
    try {
      return (await this.#options.archive.get(revocationOf(id))) !== null;
    } catch (fault) {
      if (!(fault instanceof GatewayError)) throw fault;
      throw new HttpError(
        "AUTHENTICATION_UNAVAILABLE",
        "The archive cannot be read, so that no link can be checked; retry later.",
        { details: { retryAfter: RETRY_SECONDS }, reason: "archive" },
      );
    }
  }

  async #countView(id: string): Promise<void> {
    const { accounts, viewsPerMinute: max } = this.#options;
    const { operations, ms } = await accounts.takeOperation(`views of link ${id}`, max);
    if (operations > 0) return;
    const retryAfter = Math.max(1, Math.ceil(ms / 1_000));
    throw new HttpError(
      "CALLER_RATE_LIMITED",
      `A link may be viewed ${max} times per minute (LINK_VIEWS_PER_MINUTE); retry in ${retryAfter} seconds.`,
      { details: { limit: "LINK_VIEWS_PER_MINUTE", max, value: max, retryAfter }, reason: `link ${id}` },
    );
  }
}

const RETRY_SECONDS = 5;
const WELL_FORMED = /^[\w-]{16}\.[\w-]{22}$/;
const REVOKED = new Uint8Array([1]);

function revocationOf(id: string): string {
  return `revoked link ${id}`;
}

/** One message for all reasons: a stranger learns nothing of a link. The audit log has the reason. */
function invalid(reason: string): HttpError {
  return new HttpError(
    "UNAUTHENTICATED",
    "The link is not valid: it may have expired or been revoked. Ask its sender for a new one.",
    { headers: { "www-authenticate": "Bearer" }, reason },
  );
}

const FIELDS = ["document", "variables", "list", "measure", "days", "identity", "organization"] as const;

function fieldsOf(request: unknown): { readonly [F in (typeof FIELDS)[number]]?: unknown } {
  if (typeof request !== "object" || request === null || Array.isArray(request))
    throw badInput('The body is not an object, such as {"document": "CostByModel"}.');
  for (const field of Object.keys(request))
    if (!(FIELDS as readonly string[]).includes(field))
      throw badInput(`Unknown field \`${field.slice(0, 100)}\`: ${nearest(field, FIELDS)}`);
  return request;
}

function daysOf(days: unknown, max: number): number {
  if (days === undefined || days === null) return max;
  if (typeof days === "number" && Number.isInteger(days) && days >= 1 && days <= max) return days;
  throw badInput(`\`days\` is not a whole number from 1 to ${max} (LINK_MAX_DAYS).`);
}

/** A link names people only where its maker asks for that: it is read by more people than its maker knows. */
function identityFor({ identity: own }: Viewer, wanted: unknown): Identity {
  if (wanted === undefined || wanted === null) return lesser(own, "pseudonym");
  if (!isIdentity(wanted))
    throw badInput(`\`identity\` is not one of ${Object.keys(IDENTITIES).join(", ")}.`);
  if (lesser(own, wanted) === wanted) return wanted;
  throw new HttpError(
    "FORBIDDEN",
    `You see people as ${own}, so that a link of yours cannot show them as ${wanted}.`,
  );
}

/** The organization that a link is to; it is written into the link, so that its reader cannot choose another. */
function organizationIn(name: unknown, known: readonly string[], viewer: Viewer): string | null {
  if (name === undefined || name === null) return null;
  const readable = known.filter((each) => mayReadOrganization(viewer, each));
  if (typeof name === "string" && readable.includes(name)) return name;
  throw badInput(`\`organization\` is not one of ${readable.join(", ")}.`);
}

/** The organizations that both may read. */
function narrower(a: ReadonlySet<string> | null, b: ReadonlySet<string> | null): ReadonlySet<string> | null {
  return a === null ? b : b === null ? a : a.intersection(b);
}

function lesser(a: Identity, b: Identity): Identity {
  return BY_DETAIL.indexOf(a) > BY_DETAIL.indexOf(b) ? a : b;
}
