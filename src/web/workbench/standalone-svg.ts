import { inTheme } from "../design/in-theme.ts";

export interface StandaloneOptions {
  readonly title: string;
  readonly width: number;
  readonly height: number;
  readonly legend: readonly { readonly label: string; readonly accent: string | null }[];
  /** Theme of the colours in the file. */
  readonly theme: "light" | "dark";
  /** Value of a CSS custom property of the page. */
  readonly colourOf: (property: string) => string;
}

const TOP = 36;
const LINE = 20;
const LETTER = 7;

const STYLE = `text{font:12px sans-serif;fill:var(--text-muted)}.title{font-size:14px;font-weight:600;fill:var(--text)}.chart-grid{stroke:var(--line)}.chart-base{stroke:var(--line-strong)}.chart-active{display:none}.number{font-size:22px;font-weight:600;fill:var(--text)}`;

/** Makes a drawing of the page a file: with its title and legend, and with the colours that the page gives it. */
export function standaloneSvg(drawn: string, options: StandaloneOptions): string {
  const { title, width, height, legend, theme, colourOf } = options;
  const content = drawn.replace(/^<svg[^>]*>/, "").replace(/<\/svg>$/, "");
  let [x, y] = [16, TOP + height + LINE];
  const items = legend.map(({ label, accent }) => {
    const size = label.length * LETTER + 34;
    if (x > 16 && x + size > width) [x, y] = [16, y + LINE];
    const swatch =
      accent === null
        ? ""
        : `<rect x="${x}" y="${y - 9}" width="10" height="10" rx="2" fill="var(--${accent})"/>`;
    const text = `<text x="${accent === null ? x : x + 16}" y="${y}">${escaped(label)}</text>`;
    x += size;
    return swatch + text;
  });
  const whole = y + LINE;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${whole}" viewBox="0 0 ${width} ${whole}" role="img"><title>${escaped(title)}</title><style>${STYLE}</style><rect width="100%" height="100%" fill="var(--surface)"/><text class="title" x="16" y="22">${escaped(title)}</text><g transform="translate(0 ${TOP})">${content}</g>${items.join("")}</svg>`.replaceAll(
    /var\((--[\w-]+)\)/g,
    (_, property: string) => inTheme(colourOf(property).trim(), theme),
  );
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
