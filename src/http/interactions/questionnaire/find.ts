/** The Questionnaire that an operation is about, among what the caller may read. */
import type { Identifier, Questionnaire, QuestionnaireResponse } from 'fhir/r4';
import { FhirError } from '../../../fhir/outcome.ts';
import { parseReference } from '../../../fhir/reference.ts';
import type { Resource } from '../../../fhir/resource.ts';
import { compilePlan } from '../../../questionnaire/compile.ts';
import type { Plan } from '../../../questionnaire/plan.ts';
import { termsOver } from '../../../questionnaire/terms.ts';
import { finderOf } from '../../../record/questionnaires.ts';
import type { Call } from '../../call.ts';
import { conditionOf } from '../../condition.ts';
import { type Given, identifierIn, referenceIn, textIn, the } from './input.ts';

/** Throws FhirError `invalid` where the canonical leads to nothing. */
export const planByCanonical = ({ services, reader }: Pick<Call, 'services' | 'reader'>, canonical: string): Promise<Plan> =>
  services.forms.questionnaires.resolve(canonical, finderOf(reader));

const planOf = ({ services }: Pick<Call, 'services'>, questionnaire: Questionnaire): Plan => compilePlan(questionnaire, termsOver(services.registry));

/** The current version of a resource that must be there. */
export async function readOne({ reader }: Pick<Call, 'reader'>, type: string, id: string): Promise<Resource> {
  const version = await reader.read(type, id);
  if (version === undefined || version.method === 'delete') throw new FhirError('not-found', `There is no ${type}/${id} here, or you may not see it.`);
  return JSON.parse(version.text) as Resource; // it was validated when it was stored
}

/**
 * As the older and the newer forms of the operations name it; the path's own comes first. `toAssemble`: of the two that share a
 * canonical before and after their assembly, the one before. https://hl7.org/fhir/uv/sdc/OperationDefinition-Questionnaire-populate.html
 */
export async function questionnaireOf(call: Call, given: readonly Given[], toAssemble = false): Promise<Questionnaire> {
  const { id } = call.named;
  if (id !== undefined) return (await readOne(call, 'Questionnaire', id)) as unknown as Questionnaire; // of that type
  const named = the(given, 'questionnaire', 'questionnaireRef', 'canonical', 'identifier');
  if (named?.name === 'identifier') return byIdentifier(call, identifierIn(named) ?? {});
  const found = named === undefined ? undefined : await byName(call, named, toAssemble);
  if (found !== undefined) return found;
  const text =
    'Name one Questionnaire: in the path, or as the parameter questionnaire (a canonical, a Reference or the Questionnaire itself), questionnaireRef, canonical or identifier.';
  throw new FhirError('bad-request', text);
}

async function byName(call: Call, named: Given, toAssemble: boolean): Promise<Questionnaire | undefined> {
  if (named.resource?.resourceType === 'Questionnaire') return named.resource as unknown as Questionnaire; // of that type; its parts are looked at where they are used
  const text = named.name === 'questionnaireRef' ? undefined : textIn(named);
  if (text !== undefined) return storedOf(call, text, toAssemble);
  const reference = parseReference(referenceIn(named)?.reference ?? '');
  if (reference.kind === 'url') return storedOf(call, reference.version === undefined ? reference.url : `${reference.url}|${reference.version}`, toAssemble);
  if (!('type' in reference) || !('id' in reference) || reference.type !== 'Questionnaire') return undefined;
  return (await readOne(call, 'Questionnaire', reference.id)) as unknown as Questionnaire; // of that type
}

/** One that is still to be assembled cannot be answered: it is not compiled. */
async function storedOf(call: Call, canonical: string, toAssemble: boolean): Promise<Questionnaire> {
  return (
    (await call.services.forms.questionnaires.stored(canonical, finderOf(call.reader), toAssemble)) ?? (await planByCanonical(call, canonical)).questionnaire
  );
}

async function byIdentifier(call: Call, { system, value = '' }: Identifier): Promise<Questionnaire> {
  const text = `identifier=${encodeURIComponent(`${system === undefined ? '' : `${system}|`}${value}`)}`;
  const { where } = conditionOf(call.services, 'Questionnaire', text, call.request.base);
  const found = await finderOf(call.reader)(where);
  const [only] = found;
  if (only === undefined || found.length > 1) {
    throw new FhirError(
      'invalid',
      `${found.length === 0 ? 'No Questionnaire has' : 'Several Questionnaires have'} the identifier ${system ?? ''}|${value}; name it by its canonical.`,
    );
  }
  return JSON.parse(only.text) as Questionnaire; // searched for by type
}

/** The same, compiled: where it is the stored one of its `url|version`, as it was compiled before. */
export async function planAsked(call: Call, given: readonly Given[]): Promise<Plan> {
  const questionnaire = await questionnaireOf(call, given);
  const { id, url, version, meta } = questionnaire;
  if (id === undefined || url === undefined || meta?.versionId === undefined) return planOf(call, questionnaire);
  const canonical = version === undefined ? url : `${url}|${version}`;
  const stored = await call.services.forms.questionnaires.stored(canonical, finderOf(call.reader));
  const isStored = stored?.id === id && stored.meta?.versionId === meta.versionId && stored.meta.lastUpdated === meta.lastUpdated;
  return isStored ? planByCanonical(call, canonical) : planOf(call, questionnaire);
}

/** Of a response: the Questionnaire given beside it, the one it contains, or the stored one that it names. */
export async function planFor(call: Call, response: QuestionnaireResponse, given: Given | undefined): Promise<Plan> {
  if (given?.resource?.resourceType === 'Questionnaire') return planOf(call, given.resource as unknown as Questionnaire); // of that type
  const { questionnaire = '', contained = [] } = response;
  const inside = contained.find((resource) => resource.resourceType === 'Questionnaire' && questionnaire === `#${resource.id}`);
  if (inside !== undefined) return planOf(call, inside as Questionnaire);
  if (questionnaire !== '') return planByCanonical(call, questionnaire);
  throw new FhirError('invalid', 'The response names no Questionnaire, and none was given beside it.', { expression: 'QuestionnaireResponse.questionnaire' });
}
