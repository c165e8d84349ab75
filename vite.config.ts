import { readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vite";

const SOURCES = new URL("src/web/", import.meta.url).pathname;

/**
 * Builds the pages of src/web into dist/web: a document for each page, and assets whose names contain a hash of their content. Builds
 * the pictures, which the gateway draws without a browser, into dist/picture: one module with all that it imports.
 */
export default defineConfig({
  root: SOURCES,
  plugins: [keptTheme()],
  publicDir: false,
  builder: {},
  build: {
    emptyOutDir: true,
    target: "es2023",
    cssTarget: ["chrome123", "firefox120", "safari17.5"], // the first with light-dark()
    reportCompressedSize: false,
  },
  environments: {
    client: {
      build: {
        outDir: new URL("dist/web/", import.meta.url).pathname,
        modulePreload: { polyfill: false },
        assetsInlineLimit: 0, // the policy of the pages allows no data: URL
        chunkSizeWarningLimit: 4_000, // the editor, which is loaded apart
        rollupOptions: {
          onwarn: (warning, warn) => {
            if (warning.code !== "MODULE_LEVEL_DIRECTIVE") warn(warning); // "use client" means nothing here
          },
          input: { dashboard: `${SOURCES}dashboard.html`, workbench: `${SOURCES}workbench.html` },
          output: {
            entryFileNames: "assets/[name]-[hash].js",
            chunkFileNames: "assets/[name]-[hash].js",
            assetFileNames: "assets/[name]-[hash][extname]",
          },
        },
      },
    },
    ssr: {
      resolve: { noExternal: true },
      build: {
        ssr: true,
        minify: true,
        outDir: new URL("dist/picture/", import.meta.url).pathname,
        rollupOptions: { input: { picture: `${SOURCES}picture/picture.tsx` } },
      },
    },
  },
});

/** Adds the script that must run before the first paint, which no module does, to the pages. */
function keptTheme(): Plugin {
  let reference = "";
  let src = "";
  return {
    name: "kept-theme",
    applyToEnvironment: ({ name }) => name === "client",
    buildStart() {
      const source = readFileSync(`${SOURCES}design/kept-theme.js`, "utf8");
      reference = this.emitFile({ type: "asset", name: "kept-theme.js", source });
    },
    generateBundle() {
      src = `/${this.getFileName(reference)}`;
    },
    transformIndexHtml: {
      order: "post",
      handler: () => [{ tag: "script", attrs: { src }, injectTo: "head-prepend" }],
    },
  };
}
