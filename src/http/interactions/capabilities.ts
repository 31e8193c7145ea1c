/** https://hl7.org/fhir/R4/http.html#capabilities */
import { jsonAnswer } from '../answer.ts';
import type { Call } from '../call.ts';
import type { FhirResponse } from '../message.ts';

export const capabilities = ({ request, services }: Call): FhirResponse => jsonAnswer(200, services.capabilities(request.base));
