/** What the program writes under our own canonical is defined in profiles/: the sources are read as text for the names in them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { CodeSystem, StructureDefinition } from 'fhir/r4';
import { loadRegistry } from '../../src/definitions/load.ts';
import { SECTIONS } from '../../src/exchange/timeline.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { EXTENSIONS, STATES } from '../../src/pro/forms.ts';
import { TIERS } from '../../src/pro/instrument.ts';
import { createValidator } from '../../src/validate/create-validator.ts';

const ROOT = join(import.meta.dirname, '../..');
const files = readdirSync(join(ROOT, 'profiles')).filter((file) => file.endsWith('.json'));
const read = <T>(file: string): T => JSON.parse(readFileSync(join(ROOT, 'profiles', file), 'utf8')) as T;

/** Rooms that know no code of ours; they read the codes of HL7 by functions of the same names. */
const STRANGERS = /^(questionnaire|terminology|web\/form|http\/interactions\/terminology)\//;

const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !STRANGERS.test(file))
  .map((file) => readFileSync(join(ROOT, 'src', file), 'utf8'))
  .join('\n');

/** The groups of every match, each combination once. */
const found = (...patterns: RegExp[]): string[] =>
  [...new Set(patterns.flatMap((pattern) => [...sources.matchAll(pattern)].map(([, ...groups]) => groups.join('|'))))].toSorted();

/** Systems whose codes are not ours to list: see profiles/README.md. */
const OPEN = ['alert-rule', 'package', 'scoring', 'source'];

const codesOf = (system: string): string[] => (read<CodeSystem>(`CodeSystem-${system}.json`).concept ?? []).map(({ code }) => code);

describe('extensions', () => {
  const named = found(/extensionUrl\('([^']+)'\)/g, /(?:with|read|own)Extension\([^;{\n]*?, '([^']+)'/g, /(?:extensionOf|ownText)\(\w+, '([^']+)'\)/g);

  test.each([...new Set([...named, ...Object.keys(EXTENSIONS)])])('%s', (name) => expect(files).toContain(`StructureDefinition-${name}.json`));

  test('are found in the sources', () => expect(named).toEqual(expect.arrayContaining(['tier', 'acknowledged', 'with-patient'])));

  test.each(Object.entries(EXTENSIONS))('%s has a %s', (name, element) => {
    const { differential } = read<StructureDefinition>(`StructureDefinition-${name}.json`);
    const value = differential?.element.find(({ id }) => id === 'Extension.value[x]');
    expect(value?.type?.map(({ code }) => `value${code[0]?.toUpperCase()}${code.slice(1)}`)).toEqual([element]);
  });
});

describe('code systems', () => {
  const named = found(/codeSystem\('([^']+)'\)/g, /\bconcept\('([^']+)'/g, /\b(?:codeIn|ownCode|codeOf)\([^()]+, '([^']+)'\)/g);

  test.each(named.filter((system) => !OPEN.includes(system)))('%s', (system) => expect(files).toContain(`CodeSystem-${system}.json`));

  test('are found in the sources', () => expect(named).toEqual(expect.arrayContaining([...OPEN, 'ending', 'score-part', 'task', 'care'])));
});

describe('codes', () => {
  const named = found(
    /\bconcept\('([^']+)',\s*'([^']+)'/g,
    /codeSystem\('([^']+)'\),\s*(?:code: )?'([^']+)'/g,
    /codeSystem\('([^']+)'\) && \w+ === '([^']+)'/g,
    /\b(?:codeIn|ownCode|codeOf)\([^()]+, '([^']+)'\) === '([^']+)'/g,
  );

  test.each(named)('%s', (name) => {
    const [system = '', code] = name.split('|');
    expect(codesOf(system)).toContain(code);
  });

  test('are found in the sources', () =>
    expect(named).toEqual(expect.arrayContaining(['care|follow-up-score', 'care-plan|symptom-monitoring', 'consent|share-hospital-record'])));

  test('of lists that the program keeps', () => {
    expect(codesOf('tier')).toEqual([...TIERS]);
    expect(codesOf('alert-state')).toEqual([...STATES]);
    expect(codesOf('timeline-section')).toEqual([...SECTIONS, 'none-recorded']);
  });
});

describe('every definition is right FHIR', () => {
  const validator = createValidator(loadRegistry(files.map((file) => read<Resource>(file))));
  test.each(files)('%s', (file) => {
    const { issues } = validator.validate(read(file));
    expect(issues.filter(({ severity }) => severity !== 'information')).toEqual([]);
  });
});
