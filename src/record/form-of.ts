/**
 * The form that a response is checked by: the Questionnaire that it names or, as adaptive ones do, carries along.
 * https://hl7.org/fhir/uv/sdc/StructureDefinition-sdc-questionnaireresponse-adapt.html
 */
import type { Questionnaire, QuestionnaireResponse } from 'fhir/r4';
import { FhirError, type Issue } from '../fhir/outcome.ts';
import { compilePlan } from '../questionnaire/compile.ts';
import type { Plan } from '../questionnaire/plan.ts';
import type { Terms } from '../questionnaire/terms.ts';

export interface Form {
  /** Undefined: its answers cannot be checked, and the issues say why. */
  readonly plan: Plan | undefined;
  /** It is the response's own: no scores and alerts are defined for it. */
  readonly isContained: boolean;
  readonly issues: readonly Issue[];
}

export interface Forms {
  /** Throws FhirError where the canonical leads to nothing. */
  readonly resolve: (canonical: string) => Promise<Plan>;
  readonly terms: Terms;
  /** What it is that a response names a Questionnaire that is not stored here. */
  readonly unknown: 'error' | 'warning';
}

const PLACE = 'QuestionnaireResponse.questionnaire';

/** Throws FhirError `invalid` for a Questionnaire that is not there, where that is an error, and for a contained one that cannot work. */
export async function formOf(response: Readonly<QuestionnaireResponse>, forms: Forms): Promise<Form> {
  const { questionnaire } = response;
  if (questionnaire === undefined) return unchecked('The response names no questionnaire, so its answers are not checked.');
  if (questionnaire.startsWith('#')) return containedForm(response, questionnaire.slice(1), forms.terms);
  try {
    return { plan: await forms.resolve(questionnaire), isContained: false, issues: [] };
  } catch (error) {
    if (!(error instanceof FhirError) || forms.unknown === 'error') throw error;
    return unchecked(`${error.message} The answers are not checked.`);
  }
}

const unchecked = (text: string): Form => ({
  plan: undefined,
  isContained: false,
  issues: [{ severity: 'warning', code: 'not-found', text, expression: [PLACE] }],
});

function containedForm({ contained = [] }: Readonly<QuestionnaireResponse>, id: string, terms: Terms): Form {
  const at = contained.findIndex((resource) => resource.resourceType === 'Questionnaire' && resource.id === id);
  if (at < 0) throw new FhirError('invalid', `The response contains no Questionnaire with the id ${id}.`, { expression: PLACE });
  return { plan: inContained(at, () => compilePlan(contained[at] as Questionnaire, terms)), isContained: true, issues: [] }; // found by its type
}

/** Places in the form are places in the response that carries it. */
function inContained<T>(at: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof FhirError)) throw error;
    const issues = error.issues.map((issue) => ({
      ...issue,
      expression: issue.expression?.map((path) => path.replace(/^Questionnaire/, `QuestionnaireResponse.contained[${at}]`)) ?? [],
    }));
    throw new FhirError(error.fault, error.message, { issues });
  }
}
