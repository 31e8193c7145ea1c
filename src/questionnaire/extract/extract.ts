/**
 * `$extract`: what an answer leads to, as a transaction that somebody may carry out. Nothing is written here.
 * https://hl7.org/fhir/uv/sdc/OperationDefinition-QuestionnaireResponse-extract.html
 */

import type { Bundle, Questionnaire, QuestionnaireResponse } from 'fhir/r4';
import { extensionUrl } from '../../fhir/names.ts';
import { FhirError, type Issue } from '../../fhir/outcome.ts';
import type { IdMaker } from '../../fhir/resource.ts';
import { extensionsOf } from '../extension.ts';
import type { Plan } from '../plan.ts';
import { readResponse } from '../reading.ts';
import { definedResources } from './definition.ts';
import type { Definitions } from './elements.ts';
import type { Extracted } from './entry.ts';
import { observationsOf } from './observation.ts';
import { templatedResources } from './template.ts';
import { grow } from './tree.ts';

export interface Extracting {
  readonly definitions: Definitions;
  readonly ids: IdMaker;
}

export interface Extraction {
  readonly extracted: readonly Extracted[];
  /** Warnings: what could not be extracted, and why. */
  readonly issues: readonly Issue[];
}

/** Throws FhirError `business-rule` where the questionnaire or the answer cannot be extracted from, naming each place at fault. */
export function extract(plan: Plan, response: QuestionnaireResponse, { definitions, ids }: Extracting): Extraction {
  const { questionnaire } = plan;
  const issues: Issue[] = [...statusIssues(response), ...mapIssues(questionnaire)];
  const root = grow({ questionnaire, response, ids, issues, disabled: disabledIn(plan, response) });
  const extracted = [
    ...observationsOf(root, { response, ids }),
    ...definedResources(root, { definitions, ids }),
    ...templatedResources(root, { questionnaire, definitions, ids }),
  ];
  refuseErrors(issues);
  return { extracted, issues: extracted.length > 0 ? issues : [...issues, nothing(questionnaire)] };
}

/** FHIRPaths of the items that are not enabled. */
function disabledIn(plan: Plan, response: QuestionnaireResponse): ReadonlySet<string> {
  const { walked, isEnabled } = readResponse(plan, response);
  const disabled = walked.all.filter(({ plan: item, parent }) => item !== undefined && !isEnabled(item, parent));
  return new Set(disabled.map(({ place }) => place));
}

/** Our own setting: what is extracted is stored together with the answer. */
export const extractsOnSubmit = ({ extension }: Questionnaire): boolean =>
  Array.isArray(extension) && extension.some(({ url, valueBoolean }) => url === extensionUrl('extract-on-submit') && valueBoolean === true);

/** What the operation answers with. */
export const transactionOf = ({ extracted }: Extraction): Bundle => ({
  resourceType: 'Bundle',
  type: 'transaction',
  entry: extracted.map(({ entry }) => entry),
});

function statusIssues({ status }: QuestionnaireResponse): Issue[] {
  const expression = ['QuestionnaireResponse.status'];
  if (status === 'entered-in-error') throw new FhirError('business-rule', 'Nothing is extracted from an answer that was entered in error.', { expression });
  if (status === 'completed' || status === 'amended') return [];
  const text = `The answer is ${status}; what is extracted from it may be incomplete. Extract from completed answers.`;
  return [{ severity: 'warning', code: 'incomplete', text, expression }];
}

/** Refused, unless something else can be extracted. */
function mapIssues(questionnaire: Questionnaire): Issue[] {
  if (extensionsOf(questionnaire, 'targetStructureMap').length === 0) return [];
  const text = 'StructureMaps are not carried out here; extract by observations, definitions or templates (see docs/sdc-operations.md).';
  const issue: Issue = { severity: 'warning', code: 'not-supported', text, expression: ['Questionnaire.extension'] };
  if (hasOtherWay(questionnaire)) return [issue];
  throw new FhirError('business-rule', text, { issues: [{ ...issue, severity: 'error' }] });
}

const OTHER_WAYS = /sdc-questionnaire-(?:observationExtract|definitionExtract|itemExtractionContext|templateExtract|templateExtractBundle)"/;

const hasOtherWay = (questionnaire: Questionnaire): boolean => OTHER_WAYS.test(JSON.stringify(questionnaire));

function refuseErrors(issues: readonly Issue[]): void {
  const errors = issues.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return;
  const text = errors.length === 1 ? (errors[0]?.text ?? '') : `The extraction has ${errors.length} errors.`;
  throw new FhirError('business-rule', text, { issues: [...errors, ...issues.filter((issue) => !errors.includes(issue))] });
}

function nothing(questionnaire: Questionnaire): Issue {
  const text = hasOtherWay(questionnaire)
    ? 'Nothing was extracted: none of the questions that lead to something is answered.'
    : 'Nothing was extracted: the Questionnaire does not say what its answers lead to.';
  return { severity: 'warning', code: 'informational', text };
}
