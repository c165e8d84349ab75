import { Response } from "@whatwg-node/fetch";
import type { GraphQLSchema } from "graphql";
import type { Config } from "../config.ts";
import type { Context } from "../context.ts";
import type { ContextOptions } from "../contexts.ts";
import type { Instant } from "../domain/day.ts";
import type { Viewer } from "../domain/viewer.ts";
import type { AuthConfig } from "../settings/auth.ts";
import type { OperationOptions } from "../upstream/budget/operation.ts";
import { mcpRoutes } from "./agents/mcp-route.ts";
import type { McpOptions } from "./agents/mcp-server.ts";
import { DocumentTools } from "./agents/tools.ts";
import { AnswerCache } from "./answers/answer-cache.ts";
import { AUTHORIZATION, type Authentication, type Authenticator } from "./auth/authenticator.ts";
import { chartRoute } from "./charts/chart-route.ts";
import type { Pictures } from "./charts/pictures.ts";
import { CALLS, parseCall } from "./documents/call.ts";
import { namesRoute } from "./documents/names-route.ts";
import { firstQuery } from "./documents/query-library.ts";
import type { TrustedDocuments } from "./documents/trusted.ts";
import { exportRoute } from "./export/export-route.ts";
import { createGraphQL } from "./graphql/graphql.ts";
import { schemaView } from "./graphql/introspection.ts";
import { parseParams } from "./graphql/request-params.ts";
import { builtPages } from "./http/built-pages.ts";
import { HttpError } from "./http/http-error.ts";
import { landingPage } from "./http/landing-page.ts";
import type { RequestRecord } from "./http/request-record.ts";
import { requestedOrganization } from "./http/requested-organization.ts";
import type { Route } from "./http/routes.ts";
import type { CallerAccounts } from "./limits/accounts.ts";
import { Callers } from "./limits/callers.ts";
import { linkRoutes } from "./links/link-routes.ts";
import type { Links } from "./links/links.ts";
import type { Audit } from "./observability/audit.ts";
import type { Digest } from "./observability/digest.ts";
import type { Metrics } from "./observability/metrics.ts";
import type { Tracing } from "./observability/tracing.ts";
import { requestedForm } from "./rows/rows-form.ts";
import type { PageSignIn } from "./sign-in/sign-in.ts";

export interface RoutesOptions {
  readonly schema: GraphQLSchema;
  /** The settings of the HTTP edge, and of the keys that its examples can ask with. */
  readonly config: Pick<Config, "server" | "access" | "agents" | "limits" | "cache" | "tenants">;
  /** Makes the context of one operation for a viewer. */
  readonly context: (options: ContextOptions, viewer: Viewer) => Context;
  readonly now: () => Instant;
  /** The use of this minute by each caller. */
  readonly accounts: CallerAccounts;
  readonly trusted: TrustedDocuments;
  /** Null: callers prove nothing. */
  readonly authentication: Authentication | null;
  /** Null: the pages ask for a token. */
  readonly signIn: PageSignIn | null;
  readonly isReady: () => boolean;
  /** Folder of the built dashboard; without one, a list of the routes takes its place. */
  readonly pages: URL;
  /** The built module that draws charts. */
  readonly pictures: Pictures;
  /** Links to pictures; null: there are none. */
  readonly links: Links | null;
  /** Receives a line for each operation and file; null: no audit log. */
  readonly audit: Audit | null;
  /** Counts each request; null: nothing is measured. */
  readonly metrics: Metrics | null;
  readonly tracing: Tracing | null;
  /** Stands in the audit log for texts. */
  readonly digest: Digest;
  /** Receives faults that clients see only as INTERNAL_SERVER_ERROR. */
  readonly onFault: (fault: unknown) => void;
}

/** Everything the gateway serves. */
export function servedRoutes(
  {
    schema,
    config,
    context,
    now,
    accounts,
    trusted,
    authentication,
    signIn,
    isReady,
    pages: folder,
    pictures,
    links,
    audit,
    metrics,
    tracing,
    digest,
    onFault,
  }: RoutesOptions,
  authenticate: Authenticator,
) {
  const { access, limits, cache, tenants } = config;
  const view = schemaView(schema, access.introspection);
  const callers = new Callers(limits.caller, accounts);
  const contextOf = (record: RequestRecord, options: OperationOptions): Context => {
    const organization = requestedOrganization(record);
    const made = context({ ...options, caller: record.caller, organization }, record.viewer);
    const { usage, datasets } = made.upstream;
    record.spending.push({ usage, datasets });
    const instant = now(); // one operation sees one moment: a query that runs over midnight does not mix two days
    return { ...made, now: () => instant };
  };
  const shared = { schema, view, contextOf, callers, digest, onFault };
  const answers =
    cache.answerBytes === null
      ? null
      : new AnswerCache({
          maxBytes: cache.answerBytes,
          credentialHeaders: [
            authentication?.header ?? AUTHORIZATION,
            ...(signIn === null ? [] : ["cookie"]),
          ],
          publicSeconds: authentication === null && signIn === null ? cache.publicSeconds : null,
          now,
        });
  const graphql = createGraphQL({
    ...shared,
    config,
    trusted,
    answers,
    now,
    isAudited: audit !== null,
    isMeasured: metrics !== null || tracing !== null,
  });
  const isOfSeveral = tenants.some(({ name }) => name !== null);
  const suggestsTo = (viewer: Viewer) => view.isComplete(viewer);
  const built = builtPages(folder, {
    tokenHeader: authentication?.header ?? null,
    signInUrl: signIn?.url ?? null,
    workbench: access.playground,
    links: links !== null,
    hasOrganizations: isOfSeveral,
    firstQuery: firstQuery(tenants),
    maxFirst: limits.maxFirst,
    maxRows: limits.request.MAX_ROWS,
  });
  const mcp: McpOptions = {
    tools: new DocumentTools({
      schema,
      view,
      trusted,
      isOfSeveral,
    }),
    limits: limits.request,
    maxBytes: config.agents.answerBytes,
    respond: graphql.respond,
    // As far as a query for introspection would show it.
    schemaFor: (viewer) =>
      viewer.documents === null && !access.documents.trustedOnly ? view.schemaFor(viewer) : null,
    onFault,
  };
  const agents = !config.agents.isOn
    ? []
    : mcpRoutes({
        mcp,
        limits: limits.request,
        allowedOrigins: config.server.allowedOrigins,
        authenticate,
        issuers: issuersOf(access.auth),
        publicUrl: config.server.publicUrl,
      });
  const listed: readonly Route[] = [
    {
      path: "/graphql",
      aliases: ["/graphql/"],
      description: `GraphQL over HTTP, by POST or GET${built.length > 0 && access.playground ? "; the workbench in a browser" : ""}`,
      kind: "graphql",
      access: "authenticated",
      respond: (exchange) => graphql.respond(exchange, parseParams),
    },
    {
      path: CALLS,
      description: "the names of trusted documents; /q/NAME answers one, with variables as parameters",
      kind: "graphql",
      access: "authenticated",
      respond: (exchange) =>
        graphql.respond(
          exchange,
          parseCall({ schema, trusted, suggestsTo }, exchange.record),
          requestedForm(exchange.head),
        ),
    },
    chartRoute({
      ...{ schema, trusted, suggestsTo, links, pictures },
      respond: graphql.respond,
    }),
    ...(links === null ? [] : linkRoutes({ links, callers, limits: limits.request })),
    exportRoute({ ...shared, now }),
    ...agents,
    {
      path: "/healthz",
      description: "200 while the process runs",
      kind: null,
      access: "probe",
      respond: () => new Response(null),
    },
    {
      path: "/readyz",
      description: "200 while requests should be sent here, 503 once it is ending",
      kind: null,
      access: "probe",
      respond: () => new Response(null, { status: isReady() ? 200 : 503 }),
    },
  ];
  const routes = [...built, ...(signIn?.routes ?? []), landingPage(listed), namesRoute(trusted), ...listed];
  return { routes, mcp };
}

/** The issuers where an agent can get a token, if tokens come in the header that agents send. */
function issuersOf(auth: AuthConfig): readonly string[] {
  if (auth.kind !== "jwt" || auth.header !== AUTHORIZATION) return [];
  return auth.issuers.filter((issuer) => /^https?:\/\//.test(issuer));
}

/** Handles paths without a route: only callers with credentials learn which routes there are. */
export const NOWHERE: Route = {
  path: "",
  description: null,
  kind: null,
  access: "authenticated",
  respond: () =>
    new HttpError(
      "NOT_FOUND",
      "There is nothing here; GraphQL is on /graphql, trusted documents are on /q/NAME, and files on /export/NAME.csv.",
    ).response,
};
