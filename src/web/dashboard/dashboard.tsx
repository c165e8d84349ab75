import { type ReactNode, useEffect, useSyncExternalStore } from "react";
import { withOrganization } from "../client/page-organization.ts";
import { pageSettings } from "../client/page-settings.ts";
import { onSessionChange, sessionState, signedInName, signOut } from "../client/session.ts";
import { useDocument } from "../client/use-document.ts";
import { ThemeSwitch } from "../design/theme-switch.tsx";
import { Controls } from "./controls.tsx";
import { PlaceLink } from "./link.tsx";
import type { PageProps } from "./page-props.ts";
import { ClaudeAiPage } from "./pages/claude-ai.tsx";
import { ClaudeCodePage } from "./pages/claude-code.tsx";
import { LimitsPage } from "./pages/limits.tsx";
import { MyFiguresPage } from "./pages/me.tsx";
import { OverviewPage } from "./pages/overview.tsx";
import { PeoplePage } from "./pages/people.tsx";
import { SpendPage } from "./pages/spend.tsx";
import { TeamsPage } from "./pages/teams.tsx";
import { NEXT_ATTEMPT } from "./panel.tsx";
import { nameOfPeriod, offered, PAGES, type PageName, settle, usePlace } from "./place.ts";
import { SignIn, SignInOffer } from "./sign-in.tsx";
import { absencesFor, type PageOrganization, type PageViewer, pagesFor, rightsOf } from "./viewer.ts";

const CONTENTS: Readonly<Record<PageName, (props: PageProps) => ReactNode>> = {
  overview: OverviewPage,
  "claude-ai": ClaudeAiPage,
  "claude-code": ClaudeCodePage,
  spend: SpendPage,
  people: PeoplePage,
  teams: TeamsPage,
  limits: LimitsPage,
  me: MyFiguresPage,
};

const NO_VARIABLES = {};

/** The dashboard: who the caller is decides which pages and panels there are. */
export function DashboardApp() {
  const session = useSyncExternalStore(onSessionChange, sessionState);
  const { answer, retrying, retry } = useDocument("WhoAmI", NO_VARIABLES);
  if (session === "token-needed" || session === "token-rejected")
    return <SignIn isRejected={session === "token-rejected"} />;
  if (session === "sign-in-needed" || session === "session-ended")
    return <SignInOffer hasEnded={session === "session-ended"} />;
  const data = answer?.data ?? null;
  if (data !== null)
    return (
      <Page viewer={data.viewer} organizations={data.organizations} isSignedIn={session === "signed-in"} />
    );
  return (
    <>
      {/* As in dashboard.html, which shows it before this script runs. */}
      <header className="top no-print">
        <span className="brand">
          <Brand />
        </span>
      </header>
      <main className="gate" aria-busy={answer === null}>
        {answer !== null && (
          <>
            <h1>Claude analytics</h1>
            <p role="alert">
              {answer.errors[0]?.message ?? "The gateway did not say who you are."}
              {NEXT_ATTEMPT[retrying]}
            </p>
            <button type="button" className="button" onClick={retry}>
              Try again
            </button>
          </>
        )}
      </main>
    </>
  );
}

function Brand() {
  return (
    <>
      <svg width="18" height="18" viewBox="0 0 16 16" aria-hidden="true">
        <path fill="#c15f3c" d="M1 9h4v6H1zM6 5h4v10H6zM11 1h4v14h-4z" />
      </svg>
      Claude analytics
    </>
  );
}

/** Characters of a page's name that are shown, of a URL that anybody can write. */
const LONGEST_NAME = 40;

interface Shown {
  readonly viewer: PageViewer;
  readonly organizations: readonly PageOrganization[];
  readonly isSignedIn: boolean;
}

function Page({ viewer, organizations, isSignedIn }: Shown) {
  const rights = rightsOf(viewer);
  const chosen = usePlace();
  const organization = organizations.find(({ name }) => name === chosen.organization);
  // Where the operator has named organizations and the URL states none of them, the page states the first in its URL.
  const missing = pageSettings.hasOrganizations && organization === undefined ? organizations[0] : undefined;
  useEffect(() => {
    if (missing !== undefined) settle({ ...chosen, organization: missing.name });
  });
  const isConsole = organization?.kind === "CONSOLE";
  const pages = pagesFor(viewer, isConsole && pageSettings.hasOrganizations);
  const page = pages.includes(chosen.page) ? chosen.page : pages[0];
  const place = offered({
    ...chosen,
    page: page ?? chosen.page,
    group: rights.people ? chosen.group : null,
  });
  const name = page === undefined ? "Claude analytics" : PAGES[page];
  useEffect(() => {
    document.title = `${name} · Claude analytics`;
  }, [name]);
  const Content = page === undefined ? null : CONTENTS[page];
  const isElsewhere = page !== chosen.page;
  return (
    <>
      <a className="skip" href="#content">
        Skip to content
      </a>
      <header className="top no-print">
        <PlaceLink className="brand" to={{ ...place, page: pages[0] ?? "overview", unknownPage: null }}>
          <Brand />
        </PlaceLink>
        <nav aria-label="Pages">
          {pages.map((each) => (
            <PlaceLink key={each} to={{ ...place, page: each, unknownPage: null }} isCurrent={each === page}>
              {PAGES[each]}
            </PlaceLink>
          ))}
        </nav>
        <div className="top-end">
          {pageSettings.workbench && (
            <a className="button quiet" href={withOrganization("/graphql")}>
              Workbench
            </a>
          )}
          <ThemeSwitch />
          {isSignedIn && <Account />}
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        <div className="title">
          <div>
            <h1>{name}</h1>
            <p className="print-only">{nameOfPeriod(place.period)}, UTC days</p>
          </div>
          {page !== undefined && <Controls place={place} viewer={viewer} organizations={organizations} />}
        </div>
        {chosen.unknownPage !== null && (
          <p className="absences">
            There is no page “{chosen.unknownPage.slice(0, LONGEST_NAME)}”; this one is {name}.
          </p>
        )}
        <Absences viewer={viewer} wanted={isElsewhere ? chosen.page : null} />
        {Content === null ? (
          <p className="empty">You may read no figures. Ask the operator of this gateway for a scope.</p>
        ) : (
          <div className="panels">
            {missing === undefined && <Content place={place} rights={rights} isConsole={isConsole} />}
          </div>
        )}
      </main>
    </>
  );
}

function Account() {
  const name = useSyncExternalStore(onSessionChange, signedInName);
  return (
    <>
      {name !== null && (
        <span className="account muted" title={`Signed in as ${name}`}>
          <span className="visually-hidden">Signed in as </span>
          {name}
        </span>
      )}
      <button type="button" className="button quiet" onClick={() => void signOut()}>
        Sign out
      </button>
    </>
  );
}

function Absences({ viewer, wanted }: { readonly viewer: PageViewer; readonly wanted: PageName | null }) {
  const lines = [
    ...(wanted === null || wanted === "overview"
      ? []
      : [`The page ${PAGES[wanted]} is not among those you may read.`]),
    ...absencesFor(viewer),
  ];
  return lines.length === 0 ? null : <p className="absences">{lines.join(" ")}</p>;
}
