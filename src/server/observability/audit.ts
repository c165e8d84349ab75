import type { GraphQLSchema, OperationDefinitionNode } from "graphql";
import type { Dataset } from "../../domain/dataset.ts";
import type { Instant } from "../../domain/day.ts";
import type { Identity, Role } from "../../domain/viewer.ts";
import type { ErrorCode } from "../../errors.ts";
import type { GraphQLParams } from "../graphql/request-params.ts";
import type { Completion, OperationRecord, RequestRecord } from "../http/request-record.ts";
import type { Digest } from "./digest.ts";
import { outcomeOf } from "./outcome.ts";
import { redact } from "./redact.ts";
import { bounded, type LoggedVariables, redactVariables } from "./variables.ts";

/** One operation or file, requested and answered or refused: what was done and by whom, and nothing of the figures. */
export interface AuditEntry {
  /** When it came, by the gateway's clock. */
  readonly time: string;
  readonly requestId: string;
  /** Where requests are traced; named as OpenTelemetry names it in logs. */
  readonly trace_id?: string;
  readonly kind: RequestRecord["kind"];
  /** Who asked: whom the token is of, else where the connection came from. */
  readonly caller:
    | { readonly name: string; readonly role: Role; readonly identity: Identity }
    | { readonly address: string };
  readonly operation?: string;
  /** Hex SHA-256 of the document. */
  readonly document?: string;
  /** The name of the trusted document that it is. */
  readonly trusted?: string;
  readonly explain?: true;
  readonly variables?: LoggedVariables;
  /** Variables that the document does not declare. */
  readonly otherVariables?: number;
  readonly datasets: readonly string[];
  readonly upstreamRequests: number;
  readonly cacheHits: number;
  /** The answer was kept as bytes, so that nothing was executed for it. */
  readonly isKept?: true;
  readonly status: number;
  /** OK, LEFT where the client went away before the end, or the first of the codes. */
  readonly outcome: string;
  readonly errors?: readonly ErrorCode[];
  /** The reason authentication failed: the wrong claim of a JWT, or another fault. */
  readonly reason?: string;
  /** For a file. */
  readonly rows?: number;
  /** Id of the link that was made or revoked. */
  readonly link?: string;
  readonly ms: number;
  /** Bytes sent on the connection, headers included. */
  readonly bytes?: number;
}

export type Audit = (entry: AuditEntry) => void;

export interface Readings {
  readonly digest: Digest;
  /** The name of a trusted document, by its hash. */
  readonly trusted: (sha256: string) => string | null;
}

/** The line of a completed request; null where it neither read figures nor was refused. */
export function auditEntry(
  {
    id,
    kind,
    incoming,
    receivedAt,
    startedMs,
    operation,
    viewer,
    codes,
    reason,
    spending,
    spent,
    isKept,
    rows,
    link,
    trace,
  }: RequestRecord,
  { digest, trusted }: Readings,
  completion: Completion,
): AuditEntry | null {
  if (kind === null && codes.size === 0) return null;
  const [first] = spending;
  const datasets = spending.length === 1 && first ? first.datasets : allOf(spending);
  const entry: Writable<AuditEntry> = {
    time: timeOf(receivedAt),
    requestId: id,
    kind,
    caller: viewer.name
      ? { name: plain(viewer.name, digest), role: viewer.role, identity: viewer.identity }
      : { address: incoming.address },
    datasets: [...datasets].sort(),
    upstreamRequests: spent.requests,
    cacheHits: spent.cacheHits,
    status: completion.status,
    outcome: outcomeOf(codes, completion),
    ms: Math.round(performance.now() - startedMs),
  };
  if (operation !== null)
    Object.assign(
      entry,
      descriptions.getOrInsertComputed(operation, () => said(operation, trusted)),
    );
  if (trace !== null) entry.trace_id = trace.traceId;
  if (isKept) entry.isKept = true;
  if (codes.size > 0) entry.errors = [...codes];
  if (reason !== null) entry.reason = reason;
  if (rows !== null) entry.rows = rows;
  if (link !== null) entry.link = link;
  if (completion.bytes !== undefined) entry.bytes = completion.bytes;
  return entry;
}

function allOf(spending: RequestRecord["spending"]): ReadonlySet<Dataset> {
  return new Set(spending.flatMap(({ datasets }) => [...datasets]));
}

/** Under load many requests come in one millisecond. */
let lastTime = { instant: Number.NaN, text: "" };

function timeOf(instant: Instant): string {
  if (instant !== lastTime.instant) lastTime = { instant, text: new Date(instant).toISOString() };
  return lastTime.text;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const MAX_NAME = 128;

/** Names that operators choose for tokens are theirs to read; an issuer's may be an address, or long. */
function plain(name: string, digest: Digest): string {
  return name.length <= MAX_NAME && redact(name) === name ? name : digest(name);
}

/** Requests that are answered from one kept answer share its operation. */
const descriptions = new WeakMap<OperationRecord, Partial<AuditEntry>>();

function said(
  { name, sha256, isExplained, variables, others }: OperationRecord,
  trusted: Readings["trusted"],
): Partial<AuditEntry> {
  const known = sha256 === null ? null : trusted(sha256);
  return {
    ...(name !== null && { operation: name.slice(0, MAX_NAME) }),
    ...(sha256 !== null && { document: sha256 }),
    ...(known !== null && { trusted: known }),
    ...(isExplained && { explain: true }),
    variables: bounded(variables),
    ...(others > 0 && { otherVariables: others }),
  };
}

/** Describes a requested operation. Nothing of it is checked yet. */
export function requestedOperation(
  { query, variables }: GraphQLParams,
  isExplained: boolean,
  documents: { readonly hashOf: (text: string) => string },
): OperationRecord {
  return {
    sha256: typeof query === "string" ? documents.hashOf(query) : null,
    name: null,
    isExplained,
    variables: [],
    others: typeof variables === "object" && variables !== null ? Object.keys(variables).length : 0,
  };
}

interface Executed {
  readonly schema: GraphQLSchema;
  readonly definition: OperationDefinitionNode;
  /** The hash of the text that is run, whichever way it was requested. */
  readonly sha256: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Describes an operation that is about to run. */
export function executedOperation(
  { schema, definition, sha256, variables }: Executed,
  { isExplained }: OperationRecord,
  digest: Digest,
): OperationRecord {
  const declared = definition.variableDefinitions?.map(({ variable }) => variable.name.value) ?? [];
  return {
    sha256,
    name: definition.name?.value ?? null,
    isExplained,
    variables: redactVariables(schema, definition, variables, digest),
    others: Object.keys(variables).filter((name) => !declared.includes(name)).length,
  };
}
