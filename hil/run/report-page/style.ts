// How the report looks: light and dark as the reader's system is, one column that fits a phone. Contrast of text is at least 4.5 to 1 in both.

export const style = `
:root{color-scheme:light dark;--back:#fff;--soft:#f3f5f8;--line:#cfd6df;--text:#1a2029;--mute:#525d6b;--link:#0a58b8;
--good:#17692f;--goodback:#d8f0de;--bad:#a81d13;--badback:#fbdcd9;--warn:#7a4f00;--warnback:#fbeac4;--on:#174f91;--onback:#d9e8fa;--plot:#2f6fb7}
@media (prefers-color-scheme:dark){:root{--back:#12161b;--soft:#1b2129;--line:#3a4552;--text:#e7ebf0;--mute:#a7b2bf;--link:#7db8ff;
--good:#7fdc98;--goodback:#14391f;--bad:#ffa39a;--badback:#4a1a16;--warn:#f0c766;--warnback:#43330c;--on:#a9d0ff;--onback:#15365a;--plot:#69a8ee}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem;max-width:72rem;background:var(--back);color:var(--text);font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.5rem;margin:.5rem 0}h2{font-size:1.25rem;margin:2.2rem 0 .6rem}h3,h4{font-size:1rem;margin:1.2rem 0 .4rem}.failure h4{margin:.2rem 0 .6rem}
a{color:var(--link)}p{margin:.5rem 0;max-width:48rem}.mute{color:var(--mute)}
.verdict{font-size:1.2rem;font-weight:600;padding:.7rem 1rem;border-left:.4rem solid;max-width:none}
.verdict.passed{color:var(--good);background:var(--goodback)}.verdict.failed{color:var(--bad);background:var(--badback)}
dl.facts{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1.2rem;margin:1rem 0}dl.facts dt{color:var(--mute)}dl.facts dd{margin:0}
.badge{display:inline-block;min-width:5.2rem;padding:0 .5rem;border-radius:.3rem;font-size:.875rem;font-weight:600;text-align:center;white-space:nowrap}
.badge.passed{color:var(--good);background:var(--goodback)}.badge.failed{color:var(--bad);background:var(--badback)}.badge.skipped{color:var(--warn);background:var(--warnback)}
.scroll{overflow-x:auto;max-width:100%}table{border-collapse:collapse;font-size:.925rem}caption{text-align:left;color:var(--mute);padding:.2rem 0}
th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:normal}
th.number,td.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}td.wide{min-width:14rem}
td svg.limit{display:block;width:11rem;height:1.1rem}
.scenario{border:1px solid var(--line);border-radius:.4rem;margin:.6rem 0}
.scenario>summary{display:flex;gap:.7rem;align-items:baseline;padding:.6rem .8rem;cursor:pointer;list-style-position:inside}
.scenario>summary h3{margin:0;flex:1;font-weight:600}.scenario>summary::before{content:"\\25B8";color:var(--mute)}.scenario[open]>summary::before{content:"\\25BE"}
.scenario>summary::-webkit-details-marker{display:none}.scenario>summary{list-style:none}.scenario[open]>summary{background:var(--soft)}
.scenario .inside{padding:.2rem .8rem 1rem}.scenario .time{color:var(--mute);font-size:.875rem;white-space:nowrap}
summary:focus-visible,a:focus-visible,.scroll:focus-visible{outline:.2rem solid var(--link);outline-offset:.1rem}
.fold{margin:.6rem 0}.fold>summary{cursor:pointer;color:var(--link);padding:.2rem 0}
.timeline{margin:.6rem 0}.track{display:grid;grid-template-columns:11.5rem minmax(0,1fr) 12rem;gap:0 .8rem;align-items:center;border-bottom:1px solid var(--line);padding:.15rem 0}
.track .name{font-size:.875rem;grid-column:1}.track .said{font-size:.8rem;color:var(--mute);grid-column:3;grid-row:1}.track .plot{grid-column:2;grid-row:1;position:relative;min-width:0}
.axis .plot{height:1.3rem}.axis .plot span{position:absolute;font-size:.75rem;color:var(--mute);border-left:1px solid var(--mute);padding-left:.2rem;white-space:nowrap}
.axis .plot span.last{transform:translateX(-100%);border-left:0;border-right:1px solid var(--mute);padding:0 .2rem 0 0}
.plot svg{display:block;width:100%;height:2rem}.range{fill:var(--plot);stroke:var(--plot);stroke-width:1.5;vector-effect:non-scaling-stroke;stroke-linejoin:round}
.amount{fill:var(--plot)}.mark{stroke:var(--text);stroke-width:2;fill:none;vector-effect:non-scaling-stroke}
.bars{position:relative;border-radius:.2rem;overflow:hidden}
.bar{position:absolute;font-size:.75rem;line-height:1.4rem;padding:0 .3rem;overflow:hidden;white-space:nowrap;text-overflow:ellipsis;border-left:2px solid currentColor;min-width:2px}
.bar:empty{padding:0}.bar.rest{color:var(--mute);background:var(--soft)}.bar.good{color:var(--good);background:var(--goodback)}.bar.busy{color:var(--warn);background:var(--warnback)}
.bar.bad{color:var(--bad);background:var(--badback)}.bar.on{color:var(--on);background:var(--onback)}.bar.fault{color:var(--bad);background:var(--badback);border-bottom:2px solid}
.failure{border-left:.4rem solid var(--bad);background:var(--badback);padding:.5rem .9rem;margin:.6rem 0}.failure dl{display:grid;grid-template-columns:minmax(0,1fr);margin:.3rem 0}.failure dt{font-weight:600}.failure dd{margin:0 0 .4rem;white-space:pre-wrap}
pre,code{font:.85rem/1.45 ui-monospace,monospace}pre{overflow-x:auto;background:var(--soft);padding:.6rem;margin:.4rem 0;overflow-wrap:normal}
.entries{font-size:.875rem;padding-left:1.2rem}.entries i{color:var(--mute)}ul.plain{padding-left:1.2rem}
.worse{color:var(--bad);font-weight:600}.better{color:var(--good);font-weight:600}
.zone{fill:var(--goodback);stroke:var(--good);vector-effect:non-scaling-stroke}.lane{fill:var(--soft)}.needle{stroke:var(--text);stroke-width:3;vector-effect:non-scaling-stroke}
.share{fill:var(--plot)}
@media (max-width:46rem){body{padding:.6rem}.track{grid-template-columns:minmax(0,1fr) auto}.track .name{grid-column:1;grid-row:1}.track .said{grid-column:2;grid-row:1;max-width:60vw;text-align:right}
.track .plot{grid-column:1/3;grid-row:2}.axis .plot span:nth-child(even){display:none}.scenario>summary{flex-wrap:wrap}.scenario>summary h3{flex:1 1 100%;order:3}dl.facts{grid-template-columns:1fr}dl.facts dd{margin-bottom:.4rem}.scroll th,.scroll td{white-space:nowrap}}
@media print{.scenario{break-inside:avoid}}
`;
