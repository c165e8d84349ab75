import { DocsIcon, type GraphiQLPlugin, useGraphiQLActions } from "@graphiql/react";
import { GraphiQL } from "graphiql";
import { useState, useSyncExternalStore } from "react";
import { withOrganization } from "../client/page-organization.ts";
import { pageSettings } from "../client/page-settings.ts";
import { currentTheme, onThemeChange } from "../design/theme.ts";
import { ThemeSwitch } from "../design/theme-switch.tsx";
import { AnswerPane } from "./answer-pane.tsx";
import { BuilderPane } from "./builder/builder-pane.tsx";
import { useEditorTheme } from "./editor-theme.ts";
import { fetchAnswer } from "./gateway-fetcher.ts";
import { LIBRARY, libraryName, libraryText } from "./library-documents.ts";
import { LibraryPane } from "./library-pane.tsx";
import { OrganizationPicker } from "./organization-picker.tsx";
import { SchemaPane, SchemaStore } from "./schema-pane.tsx";
import { fragmentOf, readFragment } from "./shared-link.ts";
import { TokenButton } from "./token-dialog.tsx";
import { useCurrentQuery, useFragment } from "./use-tabs.ts";

const LIBRARY_PLUGIN: GraphiQLPlugin = { title: "Library", icon: LibraryIcon, content: LibraryPane };
const BUILDER_PLUGIN: GraphiQLPlugin = { title: "Builder", icon: BuilderIcon, content: BuilderPane };
/** Has the title of the pane that it replaces, which the editor's keyboard shortcut looks for. */
const SCHEMA_PLUGIN: GraphiQLPlugin = {
  title: "Documentation Explorer",
  icon: DocsIcon,
  content: SchemaPane,
};
const PLUGINS = [LIBRARY_PLUGIN, BUILDER_PLUGIN];

/** Reads the query of the address, and takes it out: a reload shows the tabs as they are. */
function takeFragment() {
  const opened = readFragment(location.hash, libraryText);
  if (location.hash !== "") history.replaceState(null, "", location.pathname + location.search);
  return opened;
}

const first = libraryText(pageSettings.firstQuery) ?? LIBRARY[0]?.text ?? "";

export function WorkbenchApp() {
  const [opened] = useState(takeFragment);
  const theme = useSyncExternalStore(onThemeChange, currentTheme);
  return (
    <main>
      <h1 className="visually-hidden">Workbench</h1>
      <GraphiQL
        fetcher={fetchAnswer}
        plugins={PLUGINS}
        referencePlugin={SCHEMA_PLUGIN}
        visiblePlugin={LIBRARY_PLUGIN}
        defaultTabs={[opened ?? { query: first }]}
        {...(opened === null ? {} : { initialQuery: opened.query, initialVariables: opened.variables })}
        defaultEditorToolsVisibility={opened !== null && opened.variables !== ""}
        isHeadersEditorEnabled={false}
        shouldPersistHeaders={false}
        forcedTheme={theme}
      >
        <GraphiQL.Logo>
          <SchemaStore />
          <Header />
        </GraphiQL.Logo>
        <GraphiQL.Footer>
          <AnswerPane />
        </GraphiQL.Footer>
      </GraphiQL>
    </main>
  );
}

function Header() {
  const { introspect } = useGraphiQLActions();
  useFragment(takeFragment);
  useEditorTheme();
  return (
    <div className="workbench-header">
      <OrganizationPicker />
      <ShareButton />
      <TokenButton onSignIn={() => void introspect()} />
      <ThemeSwitch />
      <a className="button quiet" href={withOrganization("/")}>
        Dashboard
      </a>
    </div>
  );
}

/** Copies a link to the open query with its variables. The link never holds a token. */
function ShareButton() {
  const current = useCurrentQuery();
  const [message, setMessage] = useState("");
  const share = async () => {
    const link = location.origin + location.pathname + fragmentOf(current(), libraryName);
    try {
      await navigator.clipboard.writeText(link);
      setMessage("Link copied");
    } catch {
      history.replaceState(null, "", link);
      setMessage("The link is in the address bar");
    }
    setTimeout(() => setMessage(""), 4_000);
  };
  return (
    <>
      <span role="status" className="pane-count">
        {message}
      </span>
      <button type="button" className="button quiet" onClick={() => void share()}>
        Share link
      </button>
    </>
  );
}

function LibraryIcon() {
  return (
    <svg viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.4" aria-hidden="true">
      <path
        d="M2.5 2.5h3v11h-3zM6.5 2.5h3v11h-3zM10.6 3.2l2.7-.7 2.4 10.4-2.7.7z"
        transform="translate(-.8 0)"
      />
    </svg>
  );
}

function BuilderIcon() {
  return (
    <svg viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.4" aria-hidden="true">
      <path d="M2 4.5h12M2 8h12M2 11.5h12" />
      <path d="M5 3v3M10.5 6.5v3M6.5 10v3" strokeWidth="2" />
    </svg>
  );
}
