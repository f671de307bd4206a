#include "src/pipeline/report/style.h"

namespace kinglet::report {

// Colours are named once, for light and for dark. Text keeps 4.5:1 against its ground and marks 3:1
// (WCAG 2.1 AA).
// --hit and --slip are triples, because the confusion matrix mixes them with its own strength.
std::string_view StyleSheet() {
  return R"css(
:root{color-scheme:light dark;
--ground:#fff;--raised:#f5f6f2;--ink:#1d221b;--soft:#5b6356;--rule:#dde1d8;--moss:#47682a;--gold:#866000;--brick:#a8321c;
--slate:#46688a;--hit:112 150 70;--slip:214 108 76;
--s0:#5d7f3c;--s1:#a98410;--s2:#4f7699;--s3:#b5644a;--s4:#85608f;--s5:#3a8682;--s6:#8c8262;--s7:#7f877c}
@media (prefers-color-scheme:dark){:root{
--ground:#151813;--raised:#1e221c;--ink:#e3e7df;--soft:#9fa899;--rule:#343a30;--moss:#a3c47d;--gold:#d9b24a;--brick:#f0907a;
--slate:#90b2d4;--hit:118 160 72;--slip:190 92 64;
--s0:#83a75f;--s1:#c9a23a;--s2:#6f99bf;--s3:#cf8066;--s4:#a583af;--s5:#58a5a0;--s6:#a89e7e;--s7:#949c91}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%;scroll-behavior:smooth}
body{margin:0;background:var(--ground);color:var(--ink);
font:15px/1.5 Seravek,"Gill Sans Nova",Ubuntu,Calibri,"Source Sans 3","DejaVu Sans",sans-serif;
font-variant-numeric:tabular-nums lining-nums;-webkit-print-color-adjust:exact;print-color-adjust:exact}
main{max-width:1060px;margin:0 auto;padding:0 24px 64px;border-top:5px solid var(--s1)}
header{padding:40px 0 8px}
h1,h2,h3,p{margin:0;overflow-wrap:anywhere}
h1{max-width:30em;font:400 clamp(23px,3.4vw,34px)/1.28 Charter,"Bitstream Charter","Sitka Text",Cambria,"DejaVu Serif",serif;
text-wrap:balance}
h1.open{color:inherit}h1.met{color:var(--moss)}h1.missed{color:var(--brick)}
h2{font-size:21px;font-weight:600;line-height:1.25;margin-bottom:14px;letter-spacing:-.005em}
h3{font-size:15px;font-weight:600;margin:34px 0 6px}
.project{margin-bottom:10px;color:var(--soft);font-size:17px}
.facts{display:flex;flex-wrap:wrap;gap:6px 36px;margin:26px 0 0}
.facts dt{color:var(--soft);font-size:13px}.facts dd{margin:0;overflow-wrap:anywhere}
nav{display:flex;flex-wrap:wrap;gap:4px 20px;margin-top:26px;padding:11px 0;border-top:1px solid var(--rule);
border-bottom:1px solid var(--rule)}
a{color:inherit;text-decoration-color:var(--soft);text-decoration-thickness:1px;text-underline-offset:3px}
nav a{text-decoration-color:transparent}
a:hover,nav a:hover{text-decoration-color:currentColor}
:focus-visible{outline:2px solid var(--slate);outline-offset:3px}
section{padding-top:48px}
p{max-width:72ch}
section>p+p{margin-top:8px}
.note{color:var(--soft);font-size:13.5px}
.missing{color:var(--soft)}
b{font-weight:600}
code,pre,.id{font-family:ui-monospace,"Cascadia Code","Source Code Pro",Menlo,Consolas,"DejaVu Sans Mono",monospace}
code{font-size:.88em}th code,td code{white-space:nowrap}
.met{color:var(--moss)}.missed,.error{color:var(--brick)}.open{color:var(--soft)}.warning{color:var(--gold)}
.scroll{overflow-x:auto;margin:12px 0;
background:linear-gradient(90deg,var(--ground) 30%,transparent) 0/40px 100% no-repeat local,
linear-gradient(270deg,var(--ground) 30%,transparent) 100%/40px 100% no-repeat local,
linear-gradient(90deg,var(--rule),transparent) 0/12px 100% no-repeat scroll,
linear-gradient(270deg,var(--rule),transparent) 100%/12px 100% no-repeat scroll}
table{border-collapse:collapse;width:100%}
th,td{padding:6px 14px 6px 0;text-align:left;vertical-align:baseline;border-bottom:1px solid var(--rule);font-weight:400}
th:last-child,td:last-child{padding-right:0}
thead th{color:var(--soft);font-size:13px;vertical-align:bottom;white-space:nowrap;border-color:var(--soft)}
tbody th{overflow-wrap:anywhere;min-width:8.5em}
.n{text-align:right;white-space:nowrap}
.n+:not(.n){padding-left:16px}.whole{white-space:nowrap}
.narrow{max-width:640px}
tfoot th,tfoot td{border-bottom:0;border-top:1px solid var(--soft);font-weight:600}
tbody tr:last-child>*{border-bottom:0}
.outcome{font-weight:600}
.outcome::before{content:"";display:inline-block;width:9px;height:9px;margin-right:8px;border:1.5px solid currentColor}
.outcome.met::before{border-radius:50%;background:currentColor}
.outcome.open{font-weight:400}.outcome.open::before{border-radius:50%}
.outcome.missed::before{transform:rotate(45deg)}
svg{display:block;overflow:visible}
.strip-cell,.axis-ends{width:22%;min-width:120px}
.axis-ends{font-variant-numeric:tabular-nums}
.axis-ends span:last-child{float:right}
.strip,.share{display:inline-block;vertical-align:-4px}
.strip{width:100%;height:18px}
.grid{stroke:var(--rule);fill:none}.axis{stroke:var(--soft)}
.limit{stroke:var(--gold);stroke-width:2;stroke-dasharray:3 2}
.range{stroke:var(--slate);stroke-width:3;opacity:.55}.point{fill:var(--slate)}
.matrix{width:auto;font-size:13.5px}
.matrix th,.matrix td{padding:0;border:2px solid var(--ground)}
.matrix tbody th{position:sticky;left:0;background:var(--ground);padding-right:12px;text-align:right;max-width:14em;min-width:0}
.matrix .corner{position:sticky;left:0;background:var(--ground);padding:0 12px 6px 0;text-align:right}
.matrix td{min-width:46px;height:34px;text-align:center;vertical-align:middle}
.matrix tbody th{vertical-align:middle}
.matrix .turned{height:1px;text-align:left;vertical-align:bottom;padding-bottom:6px}
.matrix .turned span{display:inline-block;max-height:13em;overflow:hidden;writing-mode:vertical-rl;transform:rotate(180deg)}
.matrix .turned,.matrix .n{text-align:center}
.matrix .n{padding-bottom:6px}
.hit{background:rgb(var(--hit)/var(--a))}.slip{background:rgb(var(--slip)/var(--a))}
.zero{color:var(--rule)}.sum,.sums th{color:var(--soft)}
.confusions{margin:4px 0 14px;padding:0;list-style:none;columns:2 300px}
.confusions li{break-inside:avoid}
.samples{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:26px 22px;margin:18px 0 0;padding:0;
list-style:none}
.sounds{grid-template-columns:repeat(auto-fill,minmax(220px,1fr))}
.samples p{font-size:13.5px;line-height:1.4}.samples .note{font-size:12.5px}.samples .id{font-size:11px}
.picture{margin-bottom:8px;background:var(--raised)}
.picture img{display:block;width:100%;aspect-ratio:1;object-fit:contain;image-rendering:pixelated}
.wave{width:100%;height:76px;margin-bottom:8px;background:var(--raised)}
.envelope{fill:var(--slate);stroke:none}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(300px,100%),1fr));gap:20px 24px}
.chart{margin:0}.chart figcaption{font-weight:600}
.chart svg{width:100%;height:auto;max-width:440px}
svg text{fill:var(--soft);font-size:11px}
.end{text-anchor:end}.mid{text-anchor:middle}
.line{fill:none;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}
.line.a{stroke:var(--s0)}.line.b{stroke:var(--s2);stroke-dasharray:4 3.5}
.line.c{stroke:var(--soft)}
.dot{fill:transparent}.dot.c:hover{fill:var(--soft)}.dot.a:hover{fill:var(--s0)}.dot.b:hover{fill:var(--s2)}
svg .name{font-weight:600}svg .name.a{fill:var(--moss)}svg .name.b{fill:var(--slate)}
.mark{stroke:var(--soft);stroke-dasharray:1 3}
details{margin-top:16px}summary{cursor:pointer;color:var(--soft)}
.budgets{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(430px,100%),1fr));gap:8px 48px}
.budget h3{margin:6px 0 10px}.budget h3 .note{font-weight:400}
.bar-row{display:grid;grid-template-columns:5.2em 1fr 8.6em;align-items:center;gap:10px;margin-bottom:4px}
.bar-name{color:var(--soft);font-size:13.5px}.bar-sum{text-align:right;font-size:13.5px;white-space:nowrap}
.bar{width:100%;height:28px;background:linear-gradient(var(--raised),var(--raised)) 0 5px/100% 18px no-repeat}
.bar .limit{stroke:var(--ink);stroke-dasharray:none}
.bar rect{stroke:var(--ground);stroke-width:1}
.swatch{display:inline-block;width:10px;height:10px;margin-right:9px}
.s0{fill:var(--s0);background:var(--s0)}.s1{fill:var(--s1);background:var(--s1)}.s2{fill:var(--s2);background:var(--s2)}
.s3{fill:var(--s3);background:var(--s3)}.s4{fill:var(--s4);background:var(--s4)}.s5{fill:var(--s5);background:var(--s5)}
.s6{fill:var(--s6);background:var(--s6)}.s7{fill:var(--s7);background:var(--s7)}
.share-cell{width:16%;min-width:90px}.share{width:100%;height:11px;vertical-align:-1px}.share rect{fill:var(--s0)}
.shape,.created{white-space:nowrap}
.findings{margin:6px 0 0;padding:0;list-style:none}.findings li{margin-top:4px;overflow-wrap:anywhere}
.pair{display:grid;grid-template-columns:minmax(0,auto) minmax(0,1fr);gap:12px 44px;align-items:start;margin-top:16px}
.pair .scroll{margin:0}
.lineage{max-width:100%;height:auto}
.box{fill:var(--raised);stroke:var(--rule)}.edge{fill:none;stroke:var(--soft);stroke-width:1.2}.tip{fill:var(--soft)}
svg .kind{fill:var(--ink);font-size:12.5px;font-weight:600}svg .id{font-size:10.5px}
tr:target{background:var(--raised)}
pre{margin:0;padding:14px 16px;background:var(--raised);overflow-x:auto;font-size:13.5px;line-height:1.65}
pre code{font-size:inherit;user-select:all}
footer{margin-top:64px;padding-top:12px;border-top:1px solid var(--rule);color:var(--soft);font-size:13px}
@media (max-width:700px){
main{padding:0 16px 48px}header{padding-top:26px}section{padding-top:38px}
.wide{display:none}.pair{grid-template-columns:minmax(0,1fr)}.lineage{margin:0 auto}
th,td{padding-right:10px}tbody th{min-width:5.5em}.wrap{white-space:normal}
.requirements{font-size:13.5px}.requirements thead th{font-size:12px}.requirements tbody th{min-width:4em}
.requirements th,.requirements td{padding-right:7px}.requirements .outcome::before{margin-right:5px}
.n+:not(.n){padding-left:4px}.facts{gap:6px 26px}
.samples{grid-template-columns:repeat(auto-fill,minmax(125px,1fr));gap:20px 16px}
.sounds{grid-template-columns:repeat(auto-fill,minmax(155px,1fr))}
.bar-row{grid-template-columns:1fr auto;gap:0 10px}.bar{grid-column:1/3;grid-row:2}}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
@media print{
:root{--ground:#fff;--raised:#f5f6f2;--ink:#000;--soft:#444}
body{font-size:10.5pt}main{max-width:none;padding:0;border-top-width:3px}nav,details{display:none}
section{padding-top:24px}.scroll{overflow:visible}
h2,h3{break-after:avoid}tr,figure,.samples li,.budget,.lineage{break-inside:avoid}}
)css";
}

}  // namespace kinglet::report
