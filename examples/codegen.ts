// Settings of graphql-codegen for the client preset: npx graphql-codegen --config codegen.ts
import type { CodegenConfig } from "@graphql-codegen/cli";
import { SCALARS } from "claude-analytics-gateway/client";

const config: CodegenConfig = {
  schema: "node_modules/claude-analytics-gateway/schema/schema.graphql",
  documents: "src/**/*.ts",
  importExtension: ".js", // which `"module": "nodenext"` of TypeScript requires, and bundlers accept
  generates: {
    "src/gql/": {
      preset: "client",
      config: { scalars: SCALARS, strictScalars: true, useTypeImports: true, enumsAsTypes: true },
    },
  },
};

export default config;
