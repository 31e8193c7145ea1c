import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type Database from 'better-sqlite3';
import { modifiersOf } from '../../../src/search/condition.ts';
import type { Param } from '../../../src/search/param.ts';
import { newContext } from '../../../src/store/sqlite/compile/context.ts';
import { factsFrom } from '../../../src/store/sqlite/compile/facts.ts';
import { historyPlan } from '../../../src/store/sqlite/history.ts';
import { Names } from '../../../src/store/sqlite/names.ts';
import { openWriter } from '../../../src/store/sqlite/open.ts';
import { searchPlan } from '../../../src/store/sqlite/read.ts';
import type { Sql } from '../../../src/store/sqlite/sql.ts';
import type { HistoryQuery } from '../../../src/store/store.ts';
import { params, query, START } from '../../contract/fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'plan-'));
let db: Database.Database;
let names: Names;
beforeAll(() => {
  db = openWriter(join(folder, 'p.sqlite'));
  names = new Names(db);
});
afterAll(() => {
  db.close();
  rmSync(folder, { recursive: true });
});

const facts = factsFrom(params);
const planOf = (text: string): ReturnType<typeof searchPlan> =>
  searchPlan(
    newContext(facts, (kind, name) => names.give(kind, name)),
    query(text),
  );
const explain = ({ text, values }: Sql): string[] => (db.prepare(`EXPLAIN QUERY PLAN ${text}`).all(values) as { detail: string }[]).map(({ detail }) => detail);

/** Tables have aliases in e, v, c, p and n; subqueries and lists in JSON, which have others, may be scanned. */
const SCAN_OF_TABLE = /^SCAN (?:log|entry|live|name|plain|claim|counter|said|[evcpn]\d*)\b/;
const scans = (sql: Sql): string[] => explain(sql).filter((detail) => SCAN_OF_TABLE.test(detail));

const QUERIES = [
  'Patient?_id=1',
  'Patient?_id=1,2,3',
  'Patient?identifier=urn:mrn|1',
  'Patient?identifier=1',
  'Patient?identifier=urn:mrn|',
  'Patient?name=a',
  'Patient?name:contains=a',
  'Patient?family:exact=A',
  'Patient?gender:not=male',
  'Patient?active:missing=true',
  'Patient?active:missing=false',
  'Patient?birthdate=1950',
  'Patient?birthdate=lt1950&gender=male',
  'Patient?_lastUpdated=gt2026-01-01&_sort=_lastUpdated',
  'Patient?',
  'Patient?_sort=family,-birthdate',
  'Observation?patient=1',
  'Observation?subject=1',
  'Observation?patient=1&code=A',
  'Observation?patient=1&code=urn:s|A,urn:s|B',
  'Observation?patient=1&code=urn:s|A&date=ge2026-01-01&_sort=-date&_count=50',
  'Observation?patient=1&category=survey&code=A&date=ge2026-01-01&date=lt2027-01-01',
  'Observation?patient=1&value-quantity=gt5',
  'Observation?code=urn:s|A&_sort=-date',
  'Observation?code=A&_sort=date',
  'Observation?value-quantity=gt5|urn:u|mg',
  'Observation?value-quantity=5',
  'Observation?date=ge2026-01-01',
  'Observation?code-value-quantity=A$gt5',
  'Observation?component-code-value-quantity=urn:s|A$gt5||mg&patient=1',
  'Observation?derived-from=QuestionnaireResponse/1',
  'Observation?patient.identifier=urn:mrn|1&code=A',
  'Observation?patient.name=a&status=final',
  'Observation?patient.organization.name=a&code=A',
  'Patient?_has:Observation:patient:code=A',
  'Patient?_has:Observation:patient:code=A&name=b',
  'QuestionnaireResponse?subject=Patient/1&questionnaire=http://x.example/q&authored=ge2026-01-01',
  'QuestionnaireResponse?questionnaire=http://x.example/q|1',
  'Questionnaire?url:below=http://x.example',
  'Questionnaire?url:above=http://x.example/a/b',
  'RiskAssessment?probability=gt0.5',
  'Appointment?patient=1&date=ge2026-01-01',
  '?_type=Observation,Condition&_lastUpdated=gt2026-01-01&_sort=-_lastUpdated',
  // words, sounds, places, units, sets, canonicals, answers
  'Patient?_text=a',
  'Patient?_content=a OR "b c" NOT d*',
  'Patient?_content=a&gender=male',
  'Observation?code:text=severe pa',
  'Observation?code:text=pain&patient=1',
  'Patient?phonetic=smith',
  'Location?near=31|121|5|km',
  'Location?near=31|121|5|km&name=a',
  'Observation?value-quantity=0.5|http://unitsofmeasure.org|g',
  'Observation?patient=1&code=A&value-quantity=ge0.5|http://unitsofmeasure.org|g',
  'Observation?status:in=http://hl7.org/fhir/ValueSet/observation-status&patient=1',
  'Observation?category:in=http://hl7.org/fhir/ValueSet/observation-category',
  'Observation?category:not-in=http://hl7.org/fhir/ValueSet/observation-category&patient=1',
  'Observation?code:not=A&patient=1',
  'Observation?subject:identifier=urn:mrn|1',
  'Patient?identifier:of-type=urn:t|MR|1',
  'Observation?subject:Patient=1',
  'Procedure?location:below=1',
  'Procedure?location:above=1',
  'Patient?_list=1',
  'QuestionnaireResponse?questionnaire:below=http://x.example/q|1',
  'QuestionnaireResponse?questionnaire:below=http://x.example',
  'QuestionnaireResponse?questionnaire.title=a',
  'QuestionnaireResponse?questionnaire.title=a&patient=1',
  'Questionnaire?_has:QuestionnaireResponse:questionnaire:subject=Patient/1',
  'QuestionnaireResponse?answer=pain$urn:s|2',
  'QuestionnaireResponse?answer-number=pain$ge7&patient=1',
  'Patient?_filter=name co "a" and birthdate ge 1950',
  'Patient?_filter=family eq "a" or (gender ne male and identifier eq urn:s|1)',
  'Observation?_filter=subject:Patient.name sw "a" and code ne urn:s|A',
  'Patient?_tag=urn:s|A',
  'Patient?_profile=http://p.example',
  'Patient?_security=A',
  'Patient?_source=http://s.example',
  'Patient?_profile:below=http://p.example',
];

describe('no search scans a table', () => {
  test('a scan would be seen', () => {
    expect(scans({ text: 'SELECT 1 FROM entry e1 CROSS JOIN log v2 WHERE e1.text = ?', values: ['x'] })).toHaveLength(2);
  });

  test.each(QUERIES)('%s', (text) => {
    const { matches, total, leads } = planOf(`${text}${text.endsWith('?') ? '' : '&'}_total=accurate`);
    for (const sql of [matches, total, ...leads]) expect(sql && scans(sql)).toEqual([]);
  });

  test.each([
    'Observation?_id=1&_include=Observation:patient&_revinclude=Provenance:target',
    'Patient?_id=1&_revinclude=Observation:patient&_include:iterate=Observation:performer',
    'QuestionnaireResponse?_id=1&_include=QuestionnaireResponse:questionnaire',
    'Questionnaire?_id=1&_revinclude=QuestionnaireResponse:questionnaire',
    'Patient?_id=1&_revinclude=*',
  ])('the includes of %s', (text) => {
    planOf(text); // gives numbers to the names, without which the includes are left out
    const { includes } = planOf(text);
    expect(includes.length).toBeGreaterThan(0);
    for (const { text: step, values } of includes) expect(scans({ text: step, values: ['[]', ...values, -1] })).toEqual([]);
  });

  test.each<[string, HistoryQuery]>([
    ['one resource', { type: 'Patient', id: '1', count: 10 }],
    ['a type', { type: 'Patient', count: 10 }],
    ['a type since', { type: 'Patient', since: START, count: 10 }],
    ['everything', { count: 10 }],
    ['everything since', { since: START, count: 10 }],
    ['a type at a time', { type: 'Patient', at: { low: START, high: START + 1 }, count: 10 }],
  ])('the history of %s', (_name, asked) => {
    expect(scans(historyPlan((kind, name) => names.give(kind, name), asked).versions)).toEqual([]);
  });
});

describe('every parameter of every type', () => {
  const kinds = ['Patient', 'Observation', 'QuestionnaireResponse', 'Questionnaire', 'Condition', 'Task', 'Flag', 'Location', 'MedicationRequest', 'ValueSet'];
  test.each(kinds)('%s: each with each of its modifiers', (type) => {
    const asked = [...params.of(type).values()].flatMap((param) => ['', ...modifiersOf(params, param)].flatMap((modifier) => questionFor(param, modifier)));
    expect(asked.length).toBeGreaterThan(20);
    for (const text of asked) {
      const { matches, leads } = planOf(`${type}?${text}`);
      const read = [...(matches ? [matches] : []), ...leads].flatMap(scans);
      expect({ text, read }).toEqual({ text, read: [] });
    }
  });
});

/** A value that the parameter takes with the modifier; none for modifiers that ask terminology, which are tried above. */
function questionFor(param: Param, modifier: string): string[] {
  if (['in', 'not-in', 'above', 'below'].includes(modifier) && param.kind === 'token') return [];
  const name = modifier === '' ? param.code : `${param.code}:${modifier}`;
  const value = VALUES[modifier] ?? (param.kind === 'composite' ? param.parts.map((part) => VALUES[part.kind]).join('$') : (VALUES[param.kind] ?? 'a'));
  return [`${name}=${encodeURIComponent(/^[A-Z]/.test(modifier) ? '1' : isYesOrNo(param) ? 'true' : value)}`];
}

const isYesOrNo = (param: Param): boolean => param.kind === 'token' && params.branches(param).every(({ type }) => type === 'boolean');
const VALUES: Readonly<Record<string, string>> = {
  missing: 'true',
  'of-type': 'urn:t|MR|1',
  identifier: 'urn:s|1',
  text: 'a',
  date: 'ge2026',
  number: 'gt5',
  quantity: '5',
  special: '31|121|5|km',
  token: 'A',
  string: 'a',
  uri: 'http://x.example/a',
};

describe('what is asked most is one range scan in order', () => {
  const SORTING = /TEMP B-TREE/;
  test.each([
    ['Observation?patient=1&code=urn:s|A&date=ge2026-01-01&_sort=-date', 'entry_patient', 'param=? AND patient=? AND value=? AND high>?'],
    ['Observation?patient=1&code=A&_sort=-date', 'entry_patient', 'param=? AND patient=? AND value=?'],
    ['Observation?patient=1&_sort=-date', 'entry_value', 'param=? AND value=?'],
    ['Observation?code=urn:s|A&date=ge2026-01-01&_sort=-date', 'entry_value', 'param=? AND value=? AND high>?'],
    ['QuestionnaireResponse?subject=Patient/1&questionnaire=http://x.example/q&authored=ge2026-01-01&_sort=-authored', 'entry_patient', 'AND high>?'],
  ])('%s', (text, index, terms) => {
    const { matches } = planOf(text);
    const details = matches ? explain(matches) : [];
    expect(details.filter((detail) => SORTING.test(detail))).toEqual([]);
    expect(details.find((detail) => detail.includes(index))).toContain(terms);
  });
});

test.each([
  'value-quantity=gt5|http://unitsofmeasure.org|mg',
  'value-quantity=le5',
  '_lastUpdated=ge2026',
  'code:text=a',
  '_content=a',
  'status:not=final',
  'value-string=a',
])('a patient leads, and %s is looked up for each of the resources', (text) => {
  const { matches } = planOf(`Observation?patient=1&${text}`);
  const details = matches ? explain(matches) : [];
  const [lead, lookup] = details.filter((detail) => /^SEARCH (?:e|v|w)\d/.test(detail));
  expect(lead).toContain('param=? AND value=?');
  expect(lookup).toMatch(/PRIMARY KEY \((?:seq=\?|rowid=\?)/);
});

test('every parameter of a conjunction but the leading one is looked up by its resource', () => {
  const { matches } = planOf('Observation?patient=1&code=A&status=final&category=survey');
  const lookups = (matches ? explain(matches) : []).filter((detail) => detail.includes('USING PRIMARY KEY'));
  expect(lookups.filter((detail) => detail.includes('seq=? AND param=? AND value=?'))).toHaveLength(2);
});
