/** https://hl7.org/fhir/R4/http.html#search */
import type { Call } from '../call.ts';
import type { FhirResponse } from '../message.ts';
import { searchAnswer } from '../search.ts';

export const searchType = (call: Call): Promise<FhirResponse> => searchAnswer(call, { types: [call.named.type ?? ''] });

/** Over the types that `_type` names, or over all. */
export const searchSystem = (call: Call): Promise<FhirResponse> => searchAnswer(call, { types: call.services.registry.resourceTypes });
