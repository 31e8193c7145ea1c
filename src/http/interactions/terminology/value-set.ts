/** `ValueSet/$expand` and `ValueSet/$validate-code`. https://hl7.org/fhir/R4/valueset-operations.html */
import { randomUUID } from 'node:crypto';
import type { Parameters, ValueSet, ValueSetExpansionParameter } from 'fhir/r4';
import { FhirError } from '../../../fhir/outcome.ts';
import type { Coding } from '../../../fhir/resource.ts';
import { type ExpandOptions, expand, languagesOf as languagesOfSet } from '../../../terminology/expansion.ts';
import type { LanguageWishes } from '../../../terminology/language.ts';
import { withSupplements } from '../../../terminology/supplements.ts';
import type { Terminology } from '../../../terminology/terminology.ts';
import { txError } from '../../../terminology/tx-issue.ts';
import { answeredElsewhere, isForWant, validateCode } from '../../../terminology/validate-code.ts';
import { jsonAnswer } from '../../answer.ts';
import type { Call } from '../../call.ts';
import type { FhirResponse } from '../../message.ts';
import { type Input, inputOf } from '../../operation-input.ts';
import { codeGiven } from './given.ts';
import { COMMON, givenOf, languagesOf, requestParts, requireNow, storedOf } from './request.ts';

const EXPAND = [
  ...COMMON,
  'url',
  'valueSet',
  'valueSetVersion',
  'context',
  'contextDirection',
  'filter',
  'date',
  'offset',
  'count',
  'includeDesignations',
  'designation',
  'includeDefinition',
  'activeOnly',
  'excludeNested',
  'excludeNotForUI',
  'excludePostCoordinated',
  'exclude-system',
  'property',
];

/** What an expansion can be asked for, those aside that only say that something is not offered. */
export const EXPAND_PARAMETERS: readonly string[] = EXPAND.filter((name) => name !== 'context' && name !== 'contextDirection' && name !== '_format');

export async function expandValueSet(call: Call): Promise<FhirResponse> {
  const input = inputOf(call.request, EXPAND);
  requireNow(input, call);
  const languages = languagesOf(input, call);
  const find = await finder(call, input);
  const options = expandOptions(input, languages);
  const stamp = { identifier: `urn:uuid:${randomUUID()}`, timestamp: call.services.clock().toISOString() };
  const expanded = await call.services.terminology.settle(
    (terminology) => {
      const valueSet = find(terminology);
      const language = languages ?? languagesOfSet(valueSet);
      const { shelf } = withSupplements(terminology, input.texts('useSupplement'), valueSet);
      return expand(shelf, valueSet, { ...options, echo: echoed(input, language) }, stamp);
    },
    await requestParts(call, input),
  );
  return jsonAnswer(200, JSON.stringify(expanded));
}

/** A resource that is given is expanded as it is; a url is looked for among those given and those known. */
async function finder(call: Call, input: Input): Promise<(terminology: Terminology) => ValueSet> {
  if (input.has('context')) throw new FhirError('unknown-parameter', 'context is not offered; name the value set of the binding with url.');
  const url = input.text('url');
  const given = (await storedOf(call, 'ValueSet')) ?? (await givenOf(call, input, { name: 'valueSet', type: 'ValueSet' }));
  if (given !== undefined && url === undefined) return () => given;
  if (given !== undefined && url !== given.url)
    throw new FhirError('bad-parameter', `url names ${url}, but the value set given is ${given.url ?? 'without url'}; name one of them.`);
  if (given !== undefined) return () => given;
  if (url === undefined) throw new FhirError('bad-parameter', 'No value set: name one with url, or send one as valueSet.');
  const version = input.text('valueSetVersion');
  const canonical = version === undefined ? url : `${url}|${version}`;
  return (terminology) => {
    const found = terminology.shelf.valueSet(canonical);
    if (found === undefined) throw txError('not-found', 'not-found', `The value set ${canonical} is not known here.`);
    return found;
  };
}

function expandOptions(input: Input, languages: LanguageWishes | undefined): ExpandOptions {
  return {
    languages,
    filter: input.text('filter'),
    offset: input.whole('offset'),
    count: input.whole('count'),
    includeDesignations: input.flag('includeDesignations'),
    designations: input.texts('designation'),
    includeDefinition: input.flag('includeDefinition'),
    activeOnly: input.flag('activeOnly'),
    excludeNested: input.flag('excludeNested'),
    excludeNotForUI: input.flag('excludeNotForUI'),
    excludeSystems: input.texts('exclude-system'),
    properties: input.texts('property'),
  };
}

const FLAGS = ['includeDesignations', 'includeDefinition', 'activeOnly', 'excludeNested', 'excludeNotForUI', 'excludePostCoordinated'] as const;
const WHOLES = ['offset', 'count'] as const;
const URIS = ['system-version', 'check-system-version', 'force-system-version', 'default-valueset-version', 'exclude-system', 'useSupplement'] as const;
const TEXTS = ['filter', 'designation', 'property'] as const;

/** Every parameter that shaped the expansion, those that were taken for granted too. */
function echoed(input: Input, languages: LanguageWishes | undefined): ValueSetExpansionParameter[] {
  const date = input.text('date');
  return [
    ...FLAGS.flatMap((name) => flagEcho(name, input.flag(name))),
    ...WHOLES.flatMap((name) => (input.whole(name) === undefined ? [] : [{ name, valueInteger: input.whole(name) ?? 0 }])),
    ...URIS.flatMap((name) => input.texts(name).map((valueUri) => ({ name, valueUri }))),
    ...TEXTS.flatMap((name) => input.texts(name).map((valueString) => ({ name, valueString }))),
    ...(languages === undefined ? [] : [{ name: 'displayLanguage', valueCode: languages.text }]),
    ...(date === undefined ? [] : [{ name: 'date', valueDateTime: date }]),
  ];
}

const flagEcho = (name: (typeof FLAGS)[number], value: boolean | undefined): ValueSetExpansionParameter[] =>
  value === undefined && name !== 'excludeNested' ? [] : [{ name, valueBoolean: value ?? false }];

const VALIDATE = [
  ...COMMON,
  'url',
  'valueSet',
  'valueSetVersion',
  'context',
  'code',
  'system',
  'systemVersion',
  'display',
  'coding',
  'codeableConcept',
  'date',
  'abstract',
  'inferSystem',
  'activeOnly',
  'lenient-display-validation',
  'valueset-membership-only',
];

export async function validateInValueSet(call: Call): Promise<FhirResponse> {
  const input = inputOf(call.request, VALIDATE);
  requireNow(input, call);
  const find = await finder(call, input);
  const inferSystem = input.flag('inferSystem') ?? false;
  const given = codeGiven(input, { system: input.text('system'), version: input.text('systemVersion'), needsSystem: !inferSystem });
  const languages = languagesOf(input, call);
  const rules = {
    given,
    inferSystem,
    abstract: input.flag('abstract') ?? false,
    activeOnly: input.flag('activeOnly') ?? false,
    lenientDisplay: input.flag('lenient-display-validation') ?? false,
    membershipOnly: input.flag('valueset-membership-only') ?? false,
  };
  const answer = await call.services.terminology.settle(
    (terminology) => {
      const valueSet = find(terminology);
      const { shelf } = withSupplements(terminology, input.texts('useSupplement'), valueSet);
      return validateCode(shelf, { ...rules, set: shelf.compiled(valueSet), languages: languages ?? languagesOfSet(valueSet) });
    },
    await requestParts(call, input),
  );
  const other = isForWant(answer) && given.form !== 'codeableConcept' ? await askedElsewhere(call, given.coding, input.text('url')) : undefined;
  return jsonAnswer(200, JSON.stringify(other ?? answer));
}

/** Undefined where nobody else can say either. */
async function askedElsewhere({ services }: Call, coding: Coding, url: string | undefined): Promise<Parameters | undefined> {
  if (url === undefined || coding.code === undefined) return undefined;
  const isIn = await services.terminology.elsewhere({ valueSet: url, system: coding.system, version: coding.version, code: coding.code });
  return isIn === undefined ? undefined : answeredElsewhere(coding, isIn, url);
}
