/** `Patient/7/Observation`, `Patient/7/*`. https://hl7.org/fhir/R4/http.html#vsearch, https://hl7.org/fhir/R4/compartmentdefinition.html */
import { FhirError } from '../../fhir/outcome.ts';
import { compartmentTree } from '../../search/compartment.ts';
import type { Call } from '../call.ts';
import type { FhirResponse } from '../message.ts';
import { searchAnswer } from '../search.ts';

export function searchCompartment(call: Call): Promise<FhirResponse> {
  const { registry, params } = call.services;
  const { id = '', target = '' } = call.named;
  const [type = ''] = call.request.path;
  const members = registry.resourceTypes.filter((member) => registry.compartment(type).has(member));
  if (target !== '*' && !members.includes(target)) {
    throw new FhirError('unknown-route', `R4 puts no ${target} into the compartment of a ${type}; it holds ${members.join(', ')}.`);
  }
  return searchAnswer(call, { types: target === '*' ? members : [target], within: (member) => compartmentTree(params, member, { type, id }) });
}
