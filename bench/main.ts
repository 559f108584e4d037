import { cpus } from 'node:os';
import { acceptFigure } from './figures/accept.ts';
import { drainFigures } from './figures/drain.ts';
import {
  encryptedAccountsFigures,
  encryptedOneShotFigure,
  encryptedSendFigure,
  encryptedStallFigure,
} from './figures/encryption.ts';
import { endToEndFigure } from './figures/end-to-end.ts';
import { fullStoreFigure } from './figures/full-store.ts';
import { memoryFigure } from './figures/memory.ts';
import { oneShotFigures } from './figures/one-shot.ts';
import { peopleFigures } from './figures/people.ts';
import { type Figure, holds } from './parts/figure.ts';

/** `npm run bench [-- NAME …]`: measures all figures, or those named, and prints one line for each. */
const figures: Readonly<Record<string, () => Promise<Figure | Figure[]>>> = {
  accept: acceptFigure,
  drain: drainFigures,
  'encrypted-accounts': encryptedAccountsFigures,
  'encrypted-one-shot': encryptedOneShotFigure,
  'encrypted-send': encryptedSendFigure,
  'encrypted-stall': encryptedStallFigure,
  'end-to-end': endToEndFigure,
  'full-store': fullStoreFigure,
  memory: memoryFigure,
  'one-shot': oneShotFigures,
  people: peopleFigures,
};

const asked = process.argv.slice(2);
const names = asked.length === 0 ? Object.keys(figures) : asked;
console.log(`Node.js ${process.versions.node}, ${cpus().length} cores`);
for (const name of names) {
  const measure = figures[name];
  if (measure === undefined)
    throw new Error(`no figure ${name}: ${Object.keys(figures).join(', ')}`);
  for (const figure of [await measure()].flat()) {
    const { value, unit, bound, detail } = figure;
    const verdict = holds(figure) ? 'holds' : 'MISSED';
    console.log(
      `${verdict}  ${figure.name}: ${value} ${unit} (${bound.kind} ${bound.value}); ${detail}`,
    );
    if (!holds(figure)) process.exitCode = 1;
  }
}
