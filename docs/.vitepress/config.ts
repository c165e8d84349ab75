import { readFileSync } from "node:fs";
import { defineConfig } from "vitepress";

const page = (text: string, link: string) => ({ text, link: `/docs/${link}` });

const mark = readFileSync(new URL("../../src/web/design/mark.svg", import.meta.url), "utf8");
const icon = `data:image/svg+xml,${encodeURIComponent(mark)}`;

/** The pages as a static site. They are the files as they stand in the repository, so that links work in both. */
export default defineConfig({
  title: "Claude analytics gateway",
  description: "One GraphQL endpoint over Claude's analytics REST APIs",
  head: [["link", { rel: "icon", href: icon }]],
  srcDir: "..",
  outDir: "../dist/site",
  cacheDir: "../node_modules/.cache/vitepress",
  srcExclude: ["**/.*/**", "{client,deploy,examples,src,test}/**"],
  rewrites: { "README.md": "index.md", "bench/README.md": "bench/index.md" },
  // Without this the site is built by the configuration of the dashboard.
  vite: { configFile: false },
  themeConfig: {
    logo: icon,
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      page("Guides", "guides/analysts"),
      page("Querying", "querying"),
      page("Schema", "schema/"),
      { text: "Changelog", link: "/CHANGELOG" },
    ],
    sidebar: [
      {
        text: "Guides",
        items: [
          { text: "Start", link: "/" },
          page("For analysts", "guides/analysts"),
          page("For frontends", "guides/frontends"),
          page("For services", "guides/services"),
          page("For agents", "guides/agents"),
          page("For operators", "guides/operators"),
          page("For contributors", "guides/contributors"),
        ],
      },
      {
        text: "Figures",
        items: [
          page("Numbers", "numbers"),
          page("Querying", "querying"),
          page("Schema", "schema/"),
          page("Errors", "errors"),
          page("Budgets", "budgets"),
          page("Revisions", "revisions"),
          page("Organizations", "organizations"),
        ],
      },
      {
        text: "Tools",
        items: [
          page("Dashboard", "dashboard"),
          page("Workbench", "workbench"),
          page("Exports", "exports"),
          page("Columns of exports", "export-columns"),
          page("Links", "links"),
          page("Clients", "clients"),
          page("Agents", "agents"),
          page("Federation", "federation"),
        ],
      },
      {
        text: "Operation",
        items: [
          page("Running", "running"),
          page("Configuration", "configuration"),
          page("Security", "security"),
          page("Sign-in", "sign-in"),
          page("Stores", "stores"),
          page("Operations", "operations"),
        ],
      },
      {
        text: "Inside",
        items: [
          page("Architecture", "architecture"),
          page("Upstream", "upstream"),
          page("Sandbox", "sandbox"),
          { text: "Contributing", link: "/CONTRIBUTING" },
          { text: "Benchmarks", link: "/bench/" },
          page("Faults", "testing/faults"),
          page("Abuse", "testing/abuse"),
          page("Load", "testing/load"),
          page("Supply chain", "supply-chain"),
        ],
      },
    ],
  },
});
