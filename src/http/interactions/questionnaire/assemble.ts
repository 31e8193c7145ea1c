/** https://hl7.org/fhir/uv/sdc/OperationDefinition-Questionnaire-assemble.html */
import type { Questionnaire } from 'fhir/r4';
import { FhirError } from '../../../fhir/outcome.ts';
import { assemble } from '../../../questionnaire/assemble/assemble.ts';
import { neededBy } from '../../../questionnaire/assemble/parts.ts';
import { finderOf } from '../../../record/questionnaires.ts';
import type { Call } from '../../call.ts';
import type { FhirResponse } from '../../message.ts';
import { returned } from './answers.ts';
import { questionnaireOf } from './find.ts';
import { givenIn } from './input.ts';

export async function assembleForm(call: Call): Promise<FhirResponse> {
  const root = await questionnaireOf(call, givenIn(call.request, ['questionnaire'], 'questionnaire'), true);
  const questionnaires = await partsOf(root, call);
  const { questionnaire, issues } = assemble(root, { questionnaires, definitions: call.services.registry });
  return returned(questionnaire, 'outcome', issues);
}

/** More than any questionnaire is built from. */
const MOST_PARTS = 200;

/** Everything that is named, and what that names. What is not stored is left out: the assembly says where it is missing. */
async function partsOf(root: Questionnaire, { services, reader }: Call): Promise<ReadonlyMap<string, Questionnaire>> {
  const found = new Map<string, Questionnaire>();
  const seen = new Set<string>();
  const waiting = neededBy(root);
  for (let canonical = waiting.pop(); canonical !== undefined; canonical = waiting.pop()) {
    if (seen.has(canonical)) continue;
    seen.add(canonical);
    if (seen.size > MOST_PARTS) throw new FhirError('too-costly', `The questionnaire is built from more than ${MOST_PARTS} others.`);
    const part = await services.forms.questionnaires.stored(canonical, finderOf(reader), true);
    if (part === undefined) continue;
    found.set(canonical, part);
    waiting.push(...neededBy(part));
  }
  return found;
}
