import { createRoot } from "react-dom/client";
import "../design/tokens.css";
import "../design/base.css";
import "../design/controls.css";
import "../charts/charts.css";
import "./dashboard.css";
import { nameOrganizations } from "../client/page-organization.ts";
import { pageSettings } from "../client/page-settings.ts";
import { DashboardApp } from "./dashboard.tsx";

nameOrganizations(pageSettings.hasOrganizations);
const root = document.getElementById("root");
if (root !== null) createRoot(root).render(<DashboardApp />);
