/** What the operations on questionnaires answer with. */

import { printJson } from '../../../fhir/json.ts';
import { type Issue, operationOutcome } from '../../../fhir/outcome.ts';
import { jsonAnswer } from '../../answer.ts';
import type { FhirResponse } from '../../message.ts';

/** Parameters, each with a resource. */
export const parametersAnswer = (resources: Readonly<Record<string, object>>): FhirResponse =>
  jsonAnswer(200, printJson({ resourceType: 'Parameters', parameter: Object.entries(resources).map(([name, resource]) => ({ name, resource })) }));

/** The resource alone, where there is nothing to say about it; else Parameters. https://hl7.org/fhir/R4/operations.html#response */
export function returned(resource: object, outcome: string, issues: readonly Issue[]): FhirResponse {
  return issues.length === 0 ? jsonAnswer(200, printJson(resource)) : parametersAnswer({ return: resource, [outcome]: operationOutcome(issues) });
}
