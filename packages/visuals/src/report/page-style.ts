import { chartStyle, darkTheme, lightTheme } from '../markup/theme.js'

/** The style sheet of a report: one column of text, hairlines instead of boxes, old-style serif over plain sans figures. */
export function pageStyle(): string {
  return `${chartStyle()}
:root{color-scheme:light dark;${variables(lightTheme)}}
@media (prefers-color-scheme:dark){:root{${variables(darkTheme)}}}
${rules}`
}

function variables({ surface, ink, quiet, rule, series }: typeof lightTheme): string {
  return `--surface:${surface};--ink:${ink};--quiet:${quiet};--rule:${rule};--accent:${series[0]}`
}

const rules = `
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--surface);color:var(--ink);font:17px/1.55 'Iowan Old Style','Palatino Linotype',Palatino,'Book Antiqua',Georgia,serif;font-kerning:normal}
main{max-width:1088px;margin:0 auto;padding:56px 24px 72px}
h1{font-size:38px;line-height:1.15;font-weight:600;letter-spacing:-.01em;margin:0 0 14px;text-wrap:balance;overflow-wrap:anywhere}
h2{font-size:23px;line-height:1.25;font-weight:600;margin:0 0 8px}
h3{font-size:17px;font-weight:600;margin:0 0 8px;overflow-wrap:anywhere}
h3 small{font:13px/1.4 system-ui,sans-serif;color:var(--quiet);margin-left:10px;font-variant-numeric:tabular-nums}
p{margin:0 0 12px;max-width:68ch;text-wrap:pretty;overflow-wrap:anywhere}
header p{font-size:19px;color:var(--quiet)}
.note{color:var(--quiet);font-size:16px}
section{margin-top:44px;padding-top:22px;border-top:1px solid var(--rule)}
section.figures{margin-top:30px}
dl,dd,figure,ul{margin:0;padding:0}
.numbers{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:22px 28px}
.numbers dt{font:13px/1.4 system-ui,sans-serif;color:var(--quiet)}
.numbers dd{font-size:36px;line-height:1.2;font-variant-numeric:lining-nums tabular-nums}
.numbers .main dd:first-of-type{color:var(--accent);font-weight:600}
.numbers dd.note{font:13px/1.4 system-ui,sans-serif;margin-top:2px}
.grid{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:28px 24px;align-items:start}
.grid .wide{grid-column:1/-1}
svg.pw{display:block;max-width:100%;height:auto;overflow:visible}
.scroll svg.pw{max-width:none}
.narrow{display:none}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 18px;margin:4px 0 18px;font:13px/1.6 system-ui,sans-serif}
.legend span{display:inline-block;width:12px;height:12px;border-radius:2px;border:1px solid var(--quiet);margin-right:7px;vertical-align:-1px}
article{margin:0 0 30px}
.panels{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;max-width:1040px}
.panels img{display:block;width:100%;height:auto;border-radius:2px;background:var(--rule)}
.panels img.small{image-rendering:pixelated}
figcaption{font:13px/1.4 system-ui,sans-serif;color:var(--quiet);margin-top:5px}
.compare[hidden],.pair[hidden]{display:none}
.pair{font:13px/1.6 system-ui,sans-serif;margin:0 0 18px}
.pair select{font:inherit;color:inherit;background:var(--surface);border:1px solid var(--rule);border-radius:4px;padding:3px 6px;min-height:28px}
.compare figcaption{display:flex;justify-content:space-between;gap:8px}
.stage{position:relative;--cut:50%;overflow:hidden;border-radius:2px}
.stage img+img{position:absolute;inset:0;height:100%;clip-path:inset(0 0 0 var(--cut))}
.stage::after{content:'';position:absolute;top:0;bottom:0;left:var(--cut);width:2px;margin-left:-1px;background:#fff;box-shadow:0 0 0 .5px #000;pointer-events:none}
.stage input{position:absolute;inset:0;width:100%;height:100%;margin:0;opacity:0;cursor:ew-resize;touch-action:pan-y;z-index:1}
.stage:focus-within{outline:2px solid var(--accent);outline-offset:2px}
.list{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:6px 24px;font:14px/1.5 system-ui,sans-serif}
.list dt{color:var(--quiet)}
.list dd{font-family:ui-monospace,'SF Mono',Menlo,Consolas,'Liberation Mono',monospace;font-size:13px;line-height:21px;overflow-wrap:anywhere}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font:14px/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums}
th{font-weight:400;color:var(--quiet);text-align:left}
th,td{padding:5px 24px 5px 0;border-bottom:1px solid var(--rule);white-space:nowrap}
.number{text-align:right}
footer{margin-top:44px;padding-top:16px;border-top:1px solid var(--rule);font:13px/1.5 system-ui,sans-serif;color:var(--quiet)}
@media (max-width:760px){
body{font-size:16px}
main{padding:32px 20px 48px}
h1{font-size:29px}
header p{font-size:17px}
.grid{grid-template-columns:minmax(0,1fr)}
.broad{display:none}
.narrow{display:block}
.numbers{grid-template-columns:repeat(2,minmax(0,1fr))}
.numbers dd{font-size:30px}
.panels{grid-template-columns:repeat(3,minmax(0,1fr));gap:8px}
.compare{grid-column:1/-1}
.pair select{font-size:16px;min-height:36px}
.list{grid-template-columns:minmax(0,1fr);gap:0}
.list dd{margin-bottom:10px}
th,td{padding-right:14px}
}
@media print{.scroll svg.pw{max-width:100%}main{padding:0}section{break-inside:avoid}.compare,.pair{display:none}}
`
