/** The style of the page: one column on a phone, dark if the device is. */
export const style = `
:root {
  color-scheme: light dark;
  --back: #f6f7f9; --card: #fff; --text: #1b1f24; --dim: #5d6672; --rule: #dde1e6;
  --good: #1a7f4b; --warn: #9a6700; --bad: #c62f2f; --a: #2563c9; --b: #b04f00; --c: #a02c7d;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #101317; --card: #1a1f26; --text: #e6e9ee; --dim: #98a2b0; --rule: #2d343e;
    --good: #4cc38a; --warn: #e2a63b; --bad: #ff7b72; --a: #6ea8fe; --b: #f59f4c; --c: #e58acb;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body {
  margin: 0 auto; padding: 1rem; max-width: 72rem; background: var(--back); color: var(--text);
  font: 15px/1.45 system-ui, sans-serif; font-variant-numeric: tabular-nums;
}
h1 { font-size: 1.3rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1rem; margin: 1.4rem 0 .5rem; } h3 { font-size: .9rem; margin: .9rem 0 .4rem; }
header p { flex-basis: 100%; } header, .bar { display: flex; flex-wrap: wrap; gap: .4rem .8rem; align-items: center; }
.dim { color: var(--dim); } p { margin: .3rem 0; overflow-wrap: anywhere; }
.badge { border: 1px solid currentColor; border-radius: 1rem; padding: 0 .6rem; font-size: .85rem; }
.good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); }
.grid { display: grid; gap: .7rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); }
.card {
  background: var(--card); border: 1px solid var(--rule); border-radius: .5rem; padding: .7rem .8rem; min-width: 0;
}
#headline { display: grid; gap: .7rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 9.5rem), 1fr)); margin-top: .7rem; }
.figure h2 { font-size: .85rem; font-weight: 400; color: var(--dim); margin: 0; }
.figure .value { font-size: 1.5rem; line-height: 1.2; font-weight: 600; margin: 0; }
.figure .dim { font-size: .8rem; margin: 0; }
#banner { border: 2px solid currentColor; margin-top: .7rem; } #banner .bar { justify-content: space-between; flex-wrap: nowrap; }
#banner strong { overflow-wrap: anywhere; } pre { overflow: auto; margin: .4rem 0 0; color: var(--text); font-size: .85rem; }
.scrolls { max-height: 94vh; overflow: auto; }
table { border-collapse: collapse; width: 100%; font-size: .85rem; line-height: 1.2; }
th, td { text-align: right; padding: .05rem .5rem; white-space: nowrap; border-top: 1px solid var(--rule); }
th:first-child, td:nth-child(2) { text-align: left; }
thead th, thead td { position: sticky; top: -.7rem; background: var(--card); border-top: 0; }
table button { min-height: 1.2rem; padding: 0 .4rem; border: 0; font-size: .8rem; line-height: 1.1; text-decoration: underline; }
th[aria-sort=ascending] button::after { content: " ↑"; } th[aria-sort=descending] button::after { content: " ↓"; }
.card h3 button { min-height: 1.4rem; font-size: .8rem; padding: 0 .5rem; font-weight: 400; }
dialog { background: var(--card); color: var(--text); border: 1px solid var(--rule); border-radius: .5rem; max-width: 28rem; }
dialog::backdrop { background: #0008; }
.card h3 { font-size: .9rem; margin: 0; display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 .5rem; }
.card dl { display: grid; grid-template-columns: auto 1fr auto 1fr; gap: .1rem .6rem; margin: .4rem 0 0; }
dt { color: var(--dim); } dd { margin: 0; text-align: right; white-space: nowrap; }
.request { font: .85rem ui-monospace, monospace; color: var(--dim); overflow-wrap: anywhere; }
.keys { font-size: .75rem; display: flex; justify-content: flex-end; }
.keys span { margin-left: .5rem; white-space: nowrap; font-weight: 600; }
svg { display: block; width: 100%; height: 5rem; border-bottom: 1px solid var(--rule); }
.area { position: relative; margin-top: .3rem; }
.plot { touch-action: pan-y; cursor: crosshair; }
.top, .zero { position: absolute; left: 0; font-size: .75rem; color: var(--dim); pointer-events: none; }
.top { top: 0; } .zero { bottom: 0; }
#near { min-height: 1.6rem; margin: .9rem 0 0 auto; font-size: .8rem; } #near[aria-pressed=true] { border-color: var(--a); color: var(--a); }
svg .mark { stroke-width: 1; opacity: .8; } svg .pointer { stroke: var(--dim); stroke-width: 1; stroke-linecap: butt; }
.reload { stroke: var(--a); } .scaling { stroke: var(--dim); } .death { stroke: var(--bad); }
.legend { font-size: .75rem; display: flex; gap: 1rem; }
.legend .mark::before { content: ""; display: inline-block; width: 2px; height: .8em; margin-right: .4em; background: var(--dim); }
.legend .reload::before { background: var(--a); } .legend .death::before { background: var(--bad); }
svg path {
  fill: none; stroke-width: 1.6; stroke-linecap: round; stroke-linejoin: round; vector-effect: non-scaling-stroke;
}
.a { color: var(--a); stroke: var(--a); } .b { color: var(--b); stroke: var(--b); }
.c { color: var(--c); stroke: var(--c); }
.axis { display: flex; justify-content: space-between; font-size: .75rem; color: var(--dim); }
.controls { margin-top: 1rem; }
.controls form { display: flex; flex-wrap: wrap; gap: .4rem; margin: 0; align-items: center; }
button, input { font: inherit; min-height: 2.4rem; border-radius: .4rem; border: 1px solid var(--rule); padding: 0 .8rem; }
button { background: var(--card); color: var(--text); cursor: pointer; }
button:disabled { color: var(--dim); border-style: dashed; cursor: default; }
input { background: var(--back); color: var(--text); min-width: 0; }
input[type=number] { width: 7rem; }
:focus-visible { outline: 2px solid var(--a); outline-offset: 1px; }
ol { list-style: none; margin: 0; padding: 0; }
li { display: grid; grid-template-columns: 4.8rem 8rem 1fr; gap: .5rem; padding: .3rem 0; border-top: 1px solid var(--rule); }
li:first-child { border-top: 0; } li > * { min-width: 0; overflow-wrap: anywhere; }
@media (max-width: 32rem) { li { grid-template-columns: 4.8rem 1fr; } li > :last-child { grid-column: 1 / -1; } }
.lost #charts, .lost #headline, .lost .worker, .lost table { filter: grayscale(1); }
@media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
`;
