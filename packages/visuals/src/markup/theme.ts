/** The colours that charts and reports share; readable on their own surface in light and in dark. */
interface Theme {
  readonly surface: string
  readonly ink: string
  readonly quiet: string
  readonly rule: string
  readonly onAccent: string
  /** One colour per series, in the order they are given out. */
  readonly series: readonly string[]
}

export const lightTheme: Theme = {
  surface: '#fdfcfa',
  ink: '#1c1b19',
  quiet: '#63605a',
  rule: '#dedad2',
  onAccent: '#ffffff',
  series: ['#24609f', '#b4541a', '#3d7a4b', '#8a4a86', '#8a6d12', '#2f7c83'],
}

export const darkTheme: Theme = {
  surface: '#171716',
  ink: '#ece9e2',
  quiet: '#a8a49b',
  rule: '#3a3935',
  onAccent: '#101010',
  series: ['#7db3ea', '#e9a06b', '#8cc79a', '#cf9acb', '#d3b75f', '#79c3ca'],
}

/**
 * Style rules of the charts, scoped to `.pw`: concrete colours, no variables, so that viewers other than browsers
 * draw them too.
 */
export function chartStyle(): string {
  const fixed = [
    `.pw{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;font-size:12px;font-variant-numeric:tabular-nums}`,
    `.pw .pw-title{font-size:14px;font-weight:600}`,
    `.pw .pw-line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}`,
    `.pw .pw-faint{stroke-width:1;stroke-opacity:.35}`,
    `.pw .pw-small{font-size:10px}`,
    `.pw .pw-strong{font-weight:600}`,
  ]
  return [
    ...fixed,
    ...themeRules(lightTheme),
    '@media (prefers-color-scheme:dark){',
    ...themeRules(darkTheme),
    '}',
  ].join('')
}

function themeRules({ surface, ink, quiet, rule, onAccent, series }: Theme): string[] {
  return [
    `.pw text{fill:${ink}}`,
    `.pw .pw-quiet{fill:${quiet}}`,
    `.pw .pw-on-accent{fill:${onAccent}}`,
    `.pw .pw-surface{fill:${surface}}`,
    `.pw .pw-box{fill:${surface};stroke:${quiet}}`,
    `.pw .pw-rule{stroke:${rule};fill:none}`,
    `.pw .pw-track{fill:${rule};fill-opacity:.45}`,
    `.pw .pw-axis{stroke:${quiet};fill:none}`,
    `.pw .pw-swatch{stroke:${quiet};stroke-width:.75}`,
    ...series.flatMap((colour, index) => [
      `.pw .pw-stroke-${index}{stroke:${colour}}`,
      `.pw .pw-fill-${index}{fill:${colour}}`,
    ]),
  ]
}
