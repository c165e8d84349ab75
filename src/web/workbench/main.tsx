import { createRoot } from "react-dom/client";
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "graphiql/graphiql.css";
import "../design/tokens.css";
import "../design/controls.css";
import "../charts/charts.css";
import "./workbench.css";
import "./monaco-workers.ts";
import { WorkbenchApp } from "./workbench.tsx";

const root = document.getElementById("root");
if (root !== null) createRoot(root).render(<WorkbenchApp />);
