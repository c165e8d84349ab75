import { pick, useGraphiQL, useMonaco } from "@graphiql/react";
import { useEffect } from "react";
import { inTheme } from "../design/in-theme.ts";

const NAMES = { dark: "graphiql-DARK", light: "graphiql-LIGHT" } as const;
const RULES = { dark: "908aff", light: "6c69ce" } as const;

/** Sizes at which a query and its answer fit beside the library on a screen of 1280 pixels. */
const FITTING = { fontSize: 13, wordWrap: "on" } as const;

/** Gives the editors' hovers, suggestions and menus the colours of the page. GraphiQL has its own under the same names. */
export function useEditorTheme(): void {
  const monaco = useMonaco(({ monaco }) => monaco);
  const editors = useGraphiQL(pick("queryEditor", "variableEditor", "responseEditor"));
  useEffect(() => {
    for (const editor of Object.values(editors)) editor?.updateOptions(FITTING);
  }, [editors]);
  useEffect(() => {
    if (monaco === undefined) return;
    const style = getComputedStyle(document.documentElement);
    for (const theme of ["light", "dark"] as const) {
      const colour = (token: string) => inTheme(style.getPropertyValue(`--${token}`).trim(), theme);
      const ground = colour("raised");
      const accent = colour("accent-1");
      monaco.editor.defineTheme(NAMES[theme], {
        base: theme === "dark" ? "vs-dark" : "vs",
        inherit: true,
        rules: [{ token: "argument.identifier.gql", foreground: RULES[theme] }],
        colors: {
          "editor.background": "#ffffff00",
          "scrollbar.shadow": "#ffffff00",
          "textLink.foreground": accent,
          "textLink.activeForeground": accent,
          "editorLink.activeForeground": accent,
          focusBorder: colour("focus"),
          "input.background": colour("surface"),
          "toolbar.hoverBackground": colour("hover"),
          "inputOption.hoverBackground": colour("hover"),
          "editorWidget.background": ground,
          "editorWidget.border": colour("line-strong"),
          "editorHoverWidget.background": ground,
          "editorSuggestWidget.background": ground,
          "editorSuggestWidget.selectedBackground": colour("hover"),
          "editorSuggestWidget.selectedForeground": accent,
          "menu.background": ground,
          "menu.selectionBackground": colour("hover"),
          "menu.selectionForeground": accent,
          "quickInput.background": ground,
          "quickInputList.focusBackground": colour("hover"),
          "quickInputList.focusForeground": colour("text"),
          "pickerGroup.foreground": accent,
          "list.hoverBackground": colour("hover"),
          "list.highlightForeground": accent,
          "list.focusHighlightForeground": accent,
        },
      });
    }
  }, [monaco]);
}
