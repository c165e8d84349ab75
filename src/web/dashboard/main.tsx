import { createRoot } from "react-dom/client";
import "../design/tokens.css";
import "../design/base.css";
import "../design/controls.css";
import "../charts/charts.css";
import "./dashboard.css";
import { DashboardApp } from "./dashboard.tsx";

const root = document.getElementById("root");
if (root !== null) createRoot(root).render(<DashboardApp />);
