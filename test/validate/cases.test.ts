/** Small faults, each found where it is and in plain words; and beside each its twin without the fault, of which nothing is said. */
import { describe, expect, test } from '@jest/globals';
import { loadRegistry } from '../../src/definitions/load.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { createValidator } from '../../src/validate/create-validator.ts';
import { miscoded, missing } from './cases/base.ts';
import type { Case } from './cases/case.ts';
import { EXTENSION_CASES, EXTENSIONS } from './cases/extensions.ts';
import { BOUND, MEANING } from './cases/meaning.ts';
import { PRIMITIVES } from './cases/primitives.ts';
import { PROFILE_CASES, PROFILES } from './cases/profiles.ts';
import { SLICED, SLICING_CASES } from './cases/slicing.ts';

const registry = loadRegistry();
for (const definition of [...PROFILES, ...SLICED, ...EXTENSIONS, ...BOUND]) registry.put(definition as unknown as Resource, 'posted');
const validator = createValidator(registry);

const TABLES: Readonly<Record<string, readonly Case[]>> = {
  primitive: PRIMITIVES,
  profile: PROFILE_CASES,
  slice: SLICING_CASES,
  extension: EXTENSION_CASES,
  'required by the base': missing(registry),
  'bound by the base': miscoded(registry),

  ...MEANING,
};

/** Cases are deliberately not resources; JSON drops what is undefined, as a request body would. */
function issuesOf(value: unknown) {
  return validator.validate(withoutUndefined(value) as Resource).issues;
}

function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (typeof value !== 'object' || value === null || Object.hasOwn(value, '__proto__')) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([key, member]) => [key, withoutUndefined(member)]));
}

describe.each(Object.entries(TABLES))('%s:', (_kind, cases) => {
  test.each(cases.map((row) => [row.name, row] as const))('%s', (_name, { wrong, right, at, says, severity = 'error' }) => {
    const found = issuesOf(wrong).filter((issue) => issue.severity === severity && issue.expression?.[0] === at);
    expect(found.length === 0 ? issuesOf(wrong) : found.map(({ text }) => text)).toContainEqual(expect.stringContaining(says));
    expect(issuesOf(right).filter((issue) => issue.severity === 'error' || issue.severity === severity)).toEqual([]);
  });
});

test('there are more than 300 of them', () => {
  expect(Object.values(TABLES).flat().length).toBeGreaterThanOrEqual(300);
});
