import type { ReactNode } from "react";

/** Numbers side by side, above a chart. */
export function Stats({ children }: { readonly children: ReactNode }) {
  return <div className="stats">{children}</div>;
}
