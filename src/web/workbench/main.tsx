import { createRoot } from "react-dom/client";
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "graphiql/graphiql.css";
import "../design/tokens.css";
import "../design/controls.css";
import "../charts/charts.css";
import "./workbench.css";
import "./monaco-workers.ts";
import { nameOrganizations } from "../client/page-organization.ts";
import { pageSettings } from "../client/page-settings.ts";
import { WorkbenchApp } from "./workbench.tsx";

nameOrganizations(pageSettings.hasOrganizations);
const root = document.getElementById("root");
if (root !== null) createRoot(root).render(<WorkbenchApp />);
