/** Answers in the record: what their form may see, which form checks them, and who hears of a draft. */
import { describe, expect, test } from '@jest/globals';
import type { Extension, Questionnaire, QuestionnaireResponse } from 'fhir/r4';
import { everythingAs, type Permit } from '../../src/access/permit.ts';
import { restrict } from '../../src/access/restrict.ts';
import { FhirError } from '../../src/fhir/outcome.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import type { World } from '../../src/questionnaire/evaluate.ts';
import { ask, type Outside, withSearches } from '../../src/record/outside.ts';
import type { Operation } from '../../src/record/record.ts';
import { atom } from '../../src/search/ast.ts';
import { indexOf, keeperOver, memoryStore, params, searchParam, type TestKeeper } from './world.ts';

const SYSTEM = everythingAs('the system');
const SDC = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-';

/** May do everything with one patient's Observations and answers, and read Questionnaires. */
const ofPatient = (id: string): Permit => ({
  actor: { display: 'the patient' },
  everything: false,
  grants: [
    ...['Observation', 'QuestionnaireResponse'].map((type) => ({
      type,
      actions: ['create', 'read', 'update', 'search'] as const,
      where: atom(searchParam(type, 'patient'), { is: 'reference' as const, type: 'Patient', id }),
    })),
    { type: 'Patient', actions: ['read', 'search'], where: atom(searchParam('Patient', '_id'), { is: 'token', code: id }) },
  ],
});

async function write({ commit }: TestKeeper, resource: object, permit: Permit = SYSTEM) {
  const put: Operation = { op: 'create', resource: resource as Resource };
  const [done] = await commit(
    {
      operations: [put],
      parseCondition: () => {
        throw new Error('none');
      },
    },
    permit,
  );
  if (done?.version === undefined) throw new Error('nothing was written');
  return done;
}

const refusal = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof FhirError ? `${error.fault}: ${error.issues[0]?.text} (${error.issues[0]?.expression?.[0]})` : String(error);
};

const questionnaire = (extension: Extension[] = [], item: Questionnaire['item'] = [{ linkId: 'a', type: 'integer' }]): Questionnaire => ({
  resourceType: 'Questionnaire',
  url: 'http://example.org/q',
  version: '1',
  status: 'active',
  ...(extension.length > 0 && { extension }),
  item,
});
const answers = (patient: string, more: Partial<QuestionnaireResponse> = {}): QuestionnaireResponse => ({
  resourceType: 'QuestionnaireResponse',
  status: 'completed',
  questionnaire: 'http://example.org/q|1',
  subject: { reference: patient },
  item: [{ linkId: 'a', answer: [{ valueInteger: 1 }] }],
  ...more,
});
const observation = (patient: string): object => ({
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'http://example.org', code: 'fall' }] },
  subject: { reference: patient },
});

describe('searches of a form', () => {
  const outside = (keeper: TestKeeper, permit: Permit): Outside => ({
    reader: restrict(keeper.store, permit, indexOf),
    params,
    now: new Date(keeper.now),
    timeZone: 'UTC',
  });
  const entries = async (query: string, of: Outside): Promise<number | undefined> => {
    const [bundle] = await ask(query, of);
    return bundle === undefined ? undefined : ((bundle as { entry?: unknown[] }).entry?.length ?? 0);
  };

  test('see what the person may see, and no more', async () => {
    const keeper = keeperOver(memoryStore());
    const [one, other] = [await write(keeper, { resourceType: 'Patient' }), await write(keeper, { resourceType: 'Patient' })].map(
      ({ version }) => version?.id ?? '',
    );
    await write(keeper, observation(`Patient/${one}`));
    await write(keeper, observation(`Patient/${other}`));
    expect(await entries('Observation?code=http://example.org|fall', outside(keeper, SYSTEM))).toBe(2);
    expect(await entries('Observation?code=http://example.org|fall', outside(keeper, ofPatient(one ?? '')))).toBe(1);
    expect(await entries('Condition', outside(keeper, ofPatient(one ?? '')))).toBe(0);
  });
  test.each(['Observation?nonsense=1', 'Nothing', '', 'Observation?date=yesterday'])('%j comes to nothing', async (query) => {
    expect(await entries(query, outside(keeperOver(memoryStore()), SYSTEM))).toBeUndefined();
  });
  test('may build on each other, for some rounds', async () => {
    let evaluated = 0;
    const evaluate = (world: World) => {
      evaluated += 1;
      const open = new Set<string>();
      for (let n = 0; n < 20; n += 1) {
        if (world.answers(`Patient?_id=p${n}`) !== undefined) continue;
        open.add(`Patient?_id=p${n}`);
        break;
      }
      return { result: open.size, openQueries: open };
    };
    expect(await withSearches(evaluate, new Map(), outside(keeperOver(memoryStore()), SYSTEM))).toBe(1);
    expect(evaluated).toBe(6);
  });
  test('are asked once, and not without end', async () => {
    const keeper = keeperOver(memoryStore());
    let searches = 0;
    const reader = {
      ...keeper.store,
      search: (query: Parameters<typeof keeper.store.search>[0]) => {
        searches += 1;
        return keeper.store.search(query);
      },
    };
    const openQueries = new Set(Array.from({ length: 200 }, (_, n) => `Patient?_id=p${n}`));
    await withSearches(() => ({ result: 0, openQueries }), new Map(), { ...outside(keeper, SYSTEM), reader });
    expect(searches).toBe(50);
  });
  test('of an answer are made with the rights of who writes it', async () => {
    const launched: Extension = {
      url: `${SDC}launchContext`,
      extension: [
        { url: 'name', valueCoding: { system: 'http://hl7.org/fhir/uv/sdc/CodeSystem/launchContext', code: 'patient' } },
        { url: 'type', valueCode: 'Patient' },
      ],
    };
    const query: Extension = {
      url: 'http://hl7.org/fhir/StructureDefinition/variable',
      valueExpression: { name: 'falls', language: 'application/x-fhir-query', expression: 'Observation?code=http://example.org|fall' },
    };
    const where = {
      linkId: 'where',
      type: 'string' as const,
      required: true,
      extension: [
        {
          url: `${SDC}enableWhenExpression`,
          valueExpression: { language: 'text/fhirpath' as const, expression: '%falls.entry.exists() and %patient.exists()' },
        },
      ],
    };
    const keeper = keeperOver(memoryStore());
    await write(keeper, questionnaire([launched, query], [{ linkId: 'a', type: 'integer' }, where]));
    const [one, other] = [await write(keeper, { resourceType: 'Patient' }), await write(keeper, { resourceType: 'Patient' })].map(
      ({ version }) => version?.id ?? '',
    );
    await write(keeper, observation(`Patient/${other}`));
    expect((await write(keeper, answers(`Patient/${one}`), ofPatient(one ?? ''))).issues.map(({ text }) => text)).not.toContainEqual(
      expect.stringContaining("'where'"),
    );
    expect(await refusal(write(keeper, answers(`Patient/${one}`), SYSTEM))).toContain("'where' must be answered");
  });
});

describe('a code that nobody here can place', () => {
  const coded = questionnaire([], [{ linkId: 'a', type: 'choice', answerValueSet: 'http://example.org/elsewhere' }]);
  const chosen = (patient: string, code: string) =>
    answers(patient, { item: [{ linkId: 'a', answer: [{ valueCoding: { system: 'http://example.org/codes', code } }] }] });
  const asked: string[] = [];
  const confirm = async ({ valueSet, code }: { readonly valueSet: string | undefined; readonly code: string }): Promise<'in' | 'out' | 'unknown'> => {
    asked.push(`${valueSet} ${code}`);
    return code === 'good' ? 'in' : code === 'bad' ? 'out' : 'unknown';
  };

  test('is asked of others, once', async () => {
    const keeper = keeperOver(memoryStore(), { confirm });
    await write(keeper, coded);
    const patient = `Patient/${(await write(keeper, { resourceType: 'Patient' })).version?.id}`;
    const codeIssues = ({ issues }: Awaited<ReturnType<typeof write>>) => issues.filter(({ code }) => code === 'code-invalid');
    expect(codeIssues(await write(keeper, chosen(patient, 'good')))).toEqual([]);
    expect(await refusal(write(keeper, chosen(patient, 'bad')))).toContain('is not in http://example.org/elsewhere');
    expect(codeIssues(await write(keeper, chosen(patient, 'odd')))).toEqual([expect.objectContaining({ severity: 'warning' })]);
    expect(asked).toEqual(['good', 'bad', 'odd'].map((code) => `http://example.org/elsewhere ${code}`));
  });
});

describe('a draft of somebody else', () => {
  test('is not named to who may not see it', async () => {
    const keeper = keeperOver(memoryStore());
    await write(keeper, questionnaire());
    const patient = (await write(keeper, { resourceType: 'Patient' })).version?.id ?? '';
    const draft = answers(`Patient/${patient}`, { status: 'in-progress', author: { reference: `Patient/${patient}` } });
    const { version } = await write(keeper, draft);
    expect(await refusal(write(keeper, draft, ofPatient(patient)))).toContain(`QuestionnaireResponse/${version?.id}`);
    const creator: Permit = {
      ...ofPatient(patient),
      grants: [{ ...(ofPatient(patient).grants[1] as Permit['grants'][number]), actions: ['create'] }, ...ofPatient(patient).grants.slice(2)],
    };
    expect(await refusal(write(keeper, draft, creator))).toContain('which you may not see');
  });
});

describe('the form that checks an answer', () => {
  test('is the one that an adaptive answer carries', async () => {
    const keeper = keeperOver(memoryStore());
    const patient = `Patient/${(await write(keeper, { resourceType: 'Patient' })).version?.id}`;
    const own = { ...questionnaire(), id: 'own' };
    await write(keeper, answers(patient, { questionnaire: '#own', contained: [own] }));
    expect(await refusal(write(keeper, answers(patient, { questionnaire: '#own', contained: [own], item: [{ linkId: 'b' }] })))).toContain("no item 'b'");
    expect(await refusal(write(keeper, answers(patient, { questionnaire: '#other' })))).toContain('other');
  });
  test('where it is not known the answer is refused, or by choice stored with a warning', async () => {
    const strict = keeperOver(memoryStore());
    const lenient = keeperOver(strict.store, { unknownQuestionnaires: 'warning' });
    const patient = `Patient/${(await write(strict, { resourceType: 'Patient' })).version?.id}`;
    expect(await refusal(write(strict, answers(patient)))).toMatch(
      /^invalid: No Questionnaire with the url http:\/\/example.org\/q is stored here.*\(QuestionnaireResponse.questionnaire\)$/,
    );
    expect((await write(lenient, answers(patient))).issues).toContainEqual(
      expect.objectContaining({ severity: 'warning', text: expect.stringContaining('The answers are not checked.') }),
    );
  });
  test('an answer that names none is stored with a warning', async () => {
    const keeper = keeperOver(memoryStore());
    const patient = `Patient/${(await write(keeper, { resourceType: 'Patient' })).version?.id}`;
    const { questionnaire: _, ...none } = answers(patient);
    expect((await write(keeper, none)).issues).toContainEqual(
      expect.objectContaining({ severity: 'warning', text: 'The response names no questionnaire, so its answers are not checked.' }),
    );
  });
});
