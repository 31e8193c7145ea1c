/** `CodeSystem/$lookup`, `$validate-code` and `$subsumes`. https://hl7.org/fhir/R4/codesystem-operations.html */
import type { CodeSystem, Parameters } from 'fhir/r4';
import { FhirError } from '../../../fhir/outcome.ts';
import type { RequestParts } from '../../../terminology/library.ts';
import { lookup, requireSystem, subsumes } from '../../../terminology/lookup.ts';
import { withSupplements } from '../../../terminology/supplements.ts';
import type { Terminology } from '../../../terminology/terminology.ts';
import { validateCode } from '../../../terminology/validate-code.ts';
import { jsonAnswer } from '../../answer.ts';
import type { Call } from '../../call.ts';
import type { FhirResponse } from '../../message.ts';
import { type Input, inputOf } from '../../operation-input.ts';
import { codeAt, codeGiven } from './given.ts';
import { COMMON, givenOf, languagesOf, requestParts, requireNow, storedOf } from './request.ts';

const LOOKUP = [...COMMON, 'code', 'system', 'version', 'coding', 'date', 'property'];

export async function lookupCode(call: Call): Promise<FhirResponse> {
  const input = inputOf(call.request, LOOKUP);
  requireNow(input, call);
  const at = codeAt(input, { code: 'code', coding: 'coding' }, undefined);
  const options = { properties: input.texts('property'), languages: languagesOf(input, call) };
  const supplements = input.texts('useSupplement');
  return answer(call, await requestParts(call, input), (terminology) => lookup(withSupplements(terminology, supplements).shelf, at, options));
}

const SUBSUMES = [...COMMON, 'codeA', 'codeB', 'system', 'version', 'codingA', 'codingB'];

export async function subsumesCode(call: Call): Promise<FhirResponse> {
  const input = inputOf(call.request, SUBSUMES);
  const stored = await storedOf(call, 'CodeSystem');
  const a = codeAt(input, { code: 'codeA', coding: 'codingA' }, stored?.url);
  const b = codeAt(input, { code: 'codeB', coding: 'codingB' }, stored?.url);
  return answer(call, withStored(await requestParts(call, input), stored), ({ shelf }) => subsumes(shelf, a, b));
}

const VALIDATE = [...COMMON, 'url', 'codeSystem', 'code', 'version', 'display', 'coding', 'codeableConcept', 'date', 'abstract', 'lenient-display-validation'];

export async function validateInCodeSystem(call: Call): Promise<FhirResponse> {
  const input = inputOf(call.request, VALIDATE);
  requireNow(input, call);
  const stored = (await storedOf(call, 'CodeSystem')) ?? (await givenOf(call, input, { name: 'codeSystem', type: 'CodeSystem' }));
  const url = urlOf(input, stored);
  const version = input.text('version') ?? stored?.version;
  const given = codeGiven(input, { system: url, version, needsSystem: true });
  requireOneSystem(given.form === 'coding' ? given.coding.system : undefined, url);
  const rules = {
    given,
    set: undefined,
    inferSystem: false,
    membershipOnly: false,
    activeOnly: false,
    abstract: input.flag('abstract') ?? true,
    lenientDisplay: input.flag('lenient-display-validation') ?? false,
    languages: languagesOf(input, call),
  };
  return answer(call, withStored(await requestParts(call, input), stored), (terminology) => {
    const { shelf } = withSupplements(terminology, input.texts('useSupplement'));
    // A system that nobody knows is no answer about a code.
    if (url !== undefined) requireSystem(shelf, url, given.form === 'code' ? version : undefined);
    return validateCode(shelf, rules);
  });
}

const urlOf = (input: Input, stored: CodeSystem | undefined): string | undefined => stored?.url ?? input.text('url');

function requireOneSystem(coded: string | undefined, url: string | undefined): void {
  if (coded !== undefined && url !== undefined && coded !== url)
    throw new FhirError('bad-parameter', `The coding is of ${coded}, but the code system asked is ${url}; both must be the same.`);
}

/** The stored resource goes before what the registry has under its url. */
const withStored = (parts: RequestParts, stored: CodeSystem | undefined): RequestParts =>
  stored === undefined ? parts : { ...parts, resources: [...(parts.resources ?? []), stored] };

async function answer({ services }: Call, parts: RequestParts, run: (terminology: Terminology) => Parameters): Promise<FhirResponse> {
  return jsonAnswer(200, JSON.stringify(await services.terminology.settle(run, parts)));
}
