/** Packs `profiles/` as a FHIR package. `npm run build:package [-- folder]` (default `dist`). */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packGuide } from './support/guide-package.ts';

const [folder = 'dist'] = process.argv.slice(2);
const { name, version, tgz } = packGuide();
mkdirSync(folder, { recursive: true });
const file = join(folder, `${name}-${version}.tgz`);
writeFileSync(file, tgz);
process.stdout.write(`${file} (${tgz.length} bytes)\n`);
