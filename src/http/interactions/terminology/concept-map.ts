/** `ConceptMap/$translate`. https://hl7.org/fhir/R4/conceptmap-operation-translate.html */
import type { ConceptMap } from 'fhir/r4';
import { FhirError } from '../../../fhir/outcome.ts';
import type { Coding } from '../../../fhir/resource.ts';
import type { Shelf } from '../../../terminology/library.ts';
import { type Dependency, translate } from '../../../terminology/translate.ts';
import { txError } from '../../../terminology/tx-issue.ts';
import { jsonAnswer } from '../../answer.ts';
import type { Call } from '../../call.ts';
import type { FhirResponse } from '../../message.ts';
import { type Input, inputOf } from '../../operation-input.ts';
import { codeGiven } from './given.ts';
import { COMMON, givenOf, requestParts, storedOf } from './request.ts';

const NAMES = [
  ...COMMON,
  'url',
  'conceptMap',
  'conceptMapVersion',
  'code',
  'system',
  'version',
  'source',
  'coding',
  'codeableConcept',
  'target',
  'targetsystem',
  'dependency',
  'reverse',
];

export async function translateCode(call: Call): Promise<FhirResponse> {
  const input = inputOf(call.request, NAMES);
  const given = codeGiven(input, { system: input.text('system'), version: input.text('version'), needsSystem: true });
  const codings = given.form === 'codeableConcept' ? ((given.concept.coding ?? []) as Coding[]) : [given.coding]; // fhir/r4's Coding is ours with undefined written out
  const map = (await storedOf(call, 'ConceptMap')) ?? (await givenOf(call, input, { name: 'conceptMap', type: 'ConceptMap' }));
  const request = {
    codings,
    source: input.text('source'),
    target: input.text('target'),
    targetSystem: input.text('targetsystem'),
    reverse: input.flag('reverse') ?? false,
    dependencies: input.parts('dependency').map(dependencyOf),
  };
  const answer = await call.services.terminology.settle(
    ({ shelf }) => translate(shelf, { ...request, map: map ?? namedMap(shelf, input) }),
    await requestParts(call, input),
  );
  return jsonAnswer(200, JSON.stringify(answer));
}

function namedMap({ source }: Shelf, input: Input): ConceptMap | undefined {
  const url = input.text('url');
  if (url === undefined) return undefined;
  const version = input.text('conceptMapVersion');
  const canonical = version === undefined ? url : `${url}|${version}`;
  const found = source.resource('ConceptMap', canonical);
  if (found === undefined) throw txError('not-found', 'not-found', `The concept map ${canonical} is not known here.`);
  return found;
}

function dependencyOf(part: Input): Dependency {
  const element = part.text('element');
  const concept = part.concept('concept');
  if (element === undefined || concept === undefined)
    throw new FhirError('bad-parameter', 'A dependency has the parts element (a uri) and concept (a CodeableConcept).');
  return { element, codings: (concept.coding ?? []) as Coding[] }; // as above
}
