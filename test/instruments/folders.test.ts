/** Every instrument does what its examples say: the scores and the findings of the last response, exactly. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { QuestionnaireResponse } from 'fhir/r4';
import { loadInstruments, loadPolicy } from '../../src/packages/instruments.ts';
import { type Digest, digest } from '../../src/pro/digest.ts';
import type { Instrument } from '../../src/pro/instrument.ts';
import { judge } from '../../src/pro/judge.ts';
import { type Score, score } from '../../src/pro/score.ts';
import { checkResponse } from '../../src/questionnaire/check.ts';
import { compilePlan } from '../../src/questionnaire/compile.ts';

interface Example {
  readonly description: string;
  /** In the order of their arrival; one with the id of an earlier one is its next version. */
  readonly responses: readonly { readonly received: string; readonly resource: QuestionnaireResponse }[];
  readonly expect: {
    readonly scores: readonly { readonly score: string; readonly value?: number; readonly absent?: string; readonly interpretation?: string }[];
    readonly findings: readonly { readonly rule: string; readonly symptom: string; readonly tier: string }[];
  };
}

const FOLDER = 'questionnaires';
const instruments = loadInstruments(FOLDER);
const policy = loadPolicy(join(FOLDER, 'policy.json'), instruments);

test('instruments are there', () => {
  expect(instruments.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['cancer-weekly', 'esas-r', 'gad-7', 'osteoporosis-check', 'pain-diary', 'phq-9']),
  );
});

describe.each(instruments.map((instrument) => [instrument.name, instrument] as const))('%s', (name, instrument) => {
  const examples = join(FOLDER, name, 'examples');
  const files = readdirSync(examples).filter((file) => file.endsWith('.json'));
  const plan = compilePlan(instrument.questionnaire);

  test('has examples', () => expect(files).not.toEqual([]));

  test('is for the questionnaire that its folder names', () => {
    expect(instrument.questionnaire.url).toBe(`https://pro-bridge.example/fhir/Questionnaire/${name}`);
    expect(instrument.questionnaire.id).toBe(name);
  });

  test.each(files)('%s', (file) => {
    const example: Example = JSON.parse(readFileSync(join(examples, file), 'utf8'));
    const last = example.responses.at(-1);
    if (last === undefined) throw new Error(`${file} has no responses`);
    for (const { resource } of example.responses) expect(checkResponse(plan, resource).filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(instrument.scoring && score(instrument.scoring, plan, last.resource).map(printed)).toEqual(example.expect.scores);
    expect(findingsOfLast(instrument, example)).toEqual(sorted(example.expect.findings));
  });

  function findingsOfLast({ scoring, alerts }: Instrument, { responses }: Example): unknown[] {
    if (alerts === undefined) return [];
    const byId = new Map<string, Digest>();
    for (const { resource, received } of responses) {
      const first = byId.get(resource.id ?? '')?.received ?? received;
      byId.set(resource.id ?? '', digest(plan, scoring, resource, { first, current: received }));
    }
    const findings = judge(alerts, [...byId.values()], { lateAfterMinutes: policy.lateAfter.minutes });
    const last = `QuestionnaireResponse/${responses.at(-1)?.resource.id}`;
    return sorted(findings.filter(({ response }) => response === last).map(({ rule, symptom, tier }) => ({ rule, symptom, tier })));
  }
});

function printed({ rule, value, absent, band }: Score): Example['expect']['scores'][number] {
  if (value === undefined) return { score: rule.id, ...(absent && { absent: absent.code }) };
  return { score: rule.id, value, ...(band && { interpretation: band.interpretation }) };
}

const sorted = <T extends { rule: string }>(findings: readonly T[]): T[] => findings.toSorted((a, b) => (a.rule < b.rule ? -1 : 1));
